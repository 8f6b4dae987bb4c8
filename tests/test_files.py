"""Files are written whole, and nobody else's are touched."""

from pathlib import Path

from tools.core.files import STAGING, read_lines, staging, write_json


def test_a_folder_of_the_users_is_never_swept(tmp_path: Path) -> None:
    mine = ["staging-20240131", "staging-4194304-x", f"{STAGING}notes"]
    for name in mine:
        (tmp_path / name).mkdir()
        (tmp_path / name / "precious.csv").write_text("mine")
    (tmp_path / f"{STAGING}4194304-ab12").mkdir()
    with staging(tmp_path) as folder:
        assert folder.parent == tmp_path
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(mine)


def test_a_record_whose_last_line_was_cut_off_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"a": 1}\n{"b": ')
    assert read_lines(tmp_path / "r.jsonl") == [{"a": 1}]


def test_nan_is_null(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": float("nan"), "b": [float("inf"), 1.5]})
    assert (tmp_path / "x.json").read_text().split() == ["{", '"a":', "null,", '"b":', "[", "null,", "1.5", "]", "}"]
