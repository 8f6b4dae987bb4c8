"""A .bento file on a second machine: deployed from the file alone, and refused where it is not what was packaged."""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Shell, churn
from test_journey import post

from tools.core.context import Context
from tools.core.errors import BadArguments, NotFound
from tools.core.serving.imported import import_bento, look_into


@pytest.fixture(scope="module")
def file(trained: Shell) -> Path:
    """What the first machine packaged."""
    answer = trained("package", "churn", "--output", "churn.bento")
    assert answer.code == 0, answer.stdout
    return trained.folder / "churn.bento"


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Iterator[Shell]:
    """Another machine, as far as Ekiben can tell: its own home, folder and workspace, and the file."""
    made = Shell(tmp_path_factory.mktemp("second"))
    shutil.copy(file, made.folder / "churn.bento")
    yield made
    made.stop_all()


@pytest.fixture(scope="module")
def sample(trained: Shell) -> dict:
    return json.loads((trained.folder / ".ekiben/models/churn/1/sample.json").read_text(encoding="utf-8"))


def content_of(tar: tarfile.TarFile, member: tarfile.TarInfo | str) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file else b""


def rewritten(file: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of an archive, each file's content changed, or left away."""
    with tarfile.open(file) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            changed = change(member.name.removeprefix("./"), content_of(old, member))
            if changed is not None:
                member.size = len(changed)
                new.addfile(member, io.BytesIO(changed))
    return target


def test_a_file_is_deployed_proven_and_known(
    second: Shell, free_port: Callable[[], int], sample: dict, trained: Shell
) -> None:
    port = free_port()
    asked = second("deploy", "./churn.bento", "--port", str(port))
    assert asked.code == 5
    assert "churn:1 of the file 'churn.bento'" in asked.document["error"]["message"]
    assert not (second.folder / ".ekiben/bentoml/bentos").exists(), "nothing is imported before the yes"

    answer = second("deploy", "./churn.bento", "--port", str(port), "--yes")
    assert answer.code == 0, answer.stdout
    told = [answer.document[name] for name in ("deployment", "revision", "model", "bento", "verified")]
    assert told == ["churn", 1, "churn:1", "churn:1", True]
    assert post(port, sample["rows"])[1]["predictions"] == sample["answers"]["predictions"]

    status = second("status").document
    assert (status["bentos"], status["models"], status["datasets"]) == (["churn:1"], [], [])
    record = json.loads((second.folder / ".ekiben/bentos/churn/1/record.json").read_text(encoding="utf-8"))
    first = json.loads((trained.folder / ".ekiben/models/churn/1/record.json").read_text(encoding="utf-8"))
    for name in ("metric", "score", "interval", "estimator"):
        assert record["trained"][name] == first["result"][name]
    assert record["trained"]["lineage"]["made"] == first["made"]
    assert record["trained"]["lineage"]["table"] == "churn.csv"

    again = second("run", "deploy churn.bento", "--yes")
    assert again.code == 0, again.stdout
    assert again.document["steps"][-1]["result"]["revision"] == 2
    assert second("status").document["bentos"] == ["churn:1"], "the same file is the same Bento"
    assert second("deploy", "churn:1", "--yes").document["revision"] == 3
    assert second("rollback", "churn", "--yes").document["revision"] == 2


def test_a_table_is_predicted_by_what_is_served(second: Shell, trained: Shell, free_port: Callable[[], int]) -> None:
    assert second("deploy", "churn.bento", "--name", "batch", "--port", str(free_port()), "--yes").code == 0
    for shell, model in ((second, "batch"), (trained, "churn")):
        (shell.folder / "new.csv").write_text(churn(50), encoding="utf-8")
        answer = shell("predict", model, "new.csv", "--output", "out.csv", "--overwrite", "--yes")
        assert (answer.code, answer.document["model"]) == (0, "churn:1"), answer.stdout
    assert (second.folder / "out.csv").read_bytes() == (trained.folder / "out.csv").read_bytes()
    refused = second("explain", "batch")
    assert refused.document["error"]["code"] == "not_found"
    assert "serves churn:1 from a Bento alone" in refused.document["error"]["message"]


def test_a_model_trained_here_gets_a_number_of_its_own(second: Shell, file: Path, tmp_path: Path) -> None:
    other = Shell(tmp_path)
    import_bento(Context(workspace=other.folder / ".ekiben", folder=other.folder), file)
    (other.folder / "churn.csv").write_text(churn(300), encoding="utf-8")
    answer = other("run", "train on churn.csv, target Churn, linear, 20 seconds")
    assert answer.document["steps"][-1]["result"]["model"] == "churn:2"
    assert other("package", "churn").document["bento"] == "churn:2"


def test_a_damaged_file_is_one_sentence_and_nothing_is_left(file: Path, tmp_path: Path) -> None:
    context = Context(workspace=tmp_path / ".ekiben", folder=tmp_path)
    whole = file.read_bytes()
    cut, flipped = tmp_path / "cut.bento", tmp_path / "flipped.bento"
    cut.write_bytes(whole[: len(whole) // 2])
    flipped.write_bytes(whole[:5000] + bytes([whole[5000] ^ 255]) + whole[5001:])
    other = rewritten(file, tmp_path / "o.bento", lambda name, c: c + b" " if name == "src/service/rows.py" else c)
    less = rewritten(file, tmp_path / "l.bento", lambda name, c: None if name == "src/model/sample.json" else c)
    for path, said in (
        (cut, "damaged"),
        (flipped, "damaged|is no Bento"),
        (other, "'src/service/rows.py'"),
        (less, "sample.json"),
    ):
        with pytest.raises(BadArguments, match=said):
            import_bento(context, path)
    bare = rewritten(file, tmp_path / "b.bento", lambda name, c: None if name.startswith("src/model") else c)
    with pytest.raises(BadArguments, match="no Bento that Ekiben packaged"):
        look_into(bare)
    with pytest.raises(NotFound, match="There is no file"):
        look_into(tmp_path / "none.bento")
    assert not list(tmp_path.rglob("bentos/churn*"))
    assert not list(tmp_path.rglob(".ekiben-staging*"))


def test_another_bento_of_the_same_tag_is_refused(file: Path, tmp_path: Path) -> None:
    context = Context(workspace=tmp_path / ".ekiben", folder=tmp_path)
    assert import_bento(context, file).tag == "churn:1"

    def change(name: str, content: bytes) -> bytes:
        if name != "src/bento_model.json":
            return content + b"\n" if name == "README.md" else content
        import hashlib

        told = json.loads(content)
        with tarfile.open(file) as tar:
            readme = content_of(tar, "./README.md") + b"\n"
        told["files"]["README.md"] = hashlib.sha256(readme).hexdigest()
        return json.dumps(told).encode()

    other = rewritten(file, tmp_path / "other.bento", change)
    with pytest.raises(BadArguments, match="Another Bento churn:1 is here already"):
        import_bento(context, other)
    assert import_bento(context, file).tag == "churn:1"


def member(name: str, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in more.items():
        setattr(made, field, value)
    return made


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([member("../evil")], "would lie outside"),
        ([member("/etc/evil")], "would lie outside"),
        ([member("src/../../evil")], "would lie outside"),
        ([member("C:\\evil")], "would lie outside"),
        ([member("src/link", type=tarfile.SYMTYPE, linkname="/etc/passwd")], "neither a file nor a folder"),
        ([member("src/hard", type=tarfile.LNKTYPE, linkname="bento.yaml")], "neither a file nor a folder"),
        ([member("src/device", type=tarfile.CHRTYPE)], "neither a file nor a folder"),
        ([member("src/pipe", type=tarfile.FIFOTYPE)], "neither a file nor a folder"),
        ([member("bento.yaml"), member("./Bento.yaml")], "is in it twice"),
        ([member(f"src/{n}") for n in range(5_100)], "it holds too much"),
    ],
)
def test_what_a_stranger_may_have_put_in_is_refused_before_anything_is_unpacked(
    members: list[tarfile.TarInfo], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "strange.bento"
    with tarfile.open(path, "w:gz") as tar:
        for one in members:
            tar.addfile(one)
    with pytest.raises(BadArguments, match=said):
        import_bento(Context(workspace=tmp_path / ".ekiben", folder=tmp_path), path)
    assert {p.name for p in tmp_path.iterdir()} <= {"strange.bento", ".ekiben"}
    assert not (tmp_path.parent / "evil").exists()


def test_a_size_that_nobody_has_room_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.bento"
    with gzip.open(path, "wb") as out:
        out.write(member("src/huge", size=2**43).tobuf())
    with pytest.raises(BadArguments, match="it holds too much"):
        look_into(path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.bento"
    path.write_text("not an archive", encoding="utf-8")
    with pytest.raises(BadArguments, match="damaged, or no Bento") as refused:
        look_into(path)
    assert "\n" not in refused.value.message, "one sentence"
