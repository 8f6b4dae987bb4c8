"""The lock inside a Bento: every pin with hashes, taken by pip and uv, and nothing about where packages come from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tables import Bench, customers

from tools.core.errors import DataRefused, Internal
from tools.core.serving.leaks import refuse_leaks
from tools.core.serving.lock import asked_hashes, locked, own_hashes, pinned, read_lock

OLDER = "idna==3.6"
"""A version that Ekiben's own lock does not have."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("lock"))
    made.prepared(customers(), target="left")
    made("train", dataset="t", estimators=["linear"], time_limit=60)
    return made


def test_a_fresh_environment_takes_it(bench: Bench, tmp_path: Path) -> None:
    lock = Path(bench("package", model="t").path) / "env/python/requirements.txt"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env/bin/python"
    commands = [[python, "-m", "pip", "install", "--quiet", "--require-hashes", "--dry-run", "-r", lock]]
    if uv := shutil.which("uv"):
        commands.append([uv, "pip", "install", "--require-hashes", "--dry-run", "--python", python, "-r", lock])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_what_serving_needs_is_pinned_with_what_that_needs() -> None:
    names = {pin.partition("==")[0] for pin in pinned()}
    assert {"bentoml", "starlette", "numpy"} <= names
    assert not {"scikit-learn", "skops", "lightgbm", "pandas"} & names
    assert {"lightgbm", "scipy"} <= {pin.partition("==")[0] for pin in pinned(["lightgbm"])}


def test_versions_that_our_lock_does_not_have_are_asked_of_the_users_registry() -> None:
    assert OLDER not in own_hashes()
    text = locked([OLDER, "h11==0.16.0"]).text
    found = dict(read_lock(text))
    assert len(found[OLDER]) == 1
    assert found["h11==0.16.0"] == own_hashes()["h11==0.16.0"]
    assert "http" not in text
    lines = r"([a-z0-9-]+==[0-9.]+|    --hash=sha256:[0-9a-f]{64})( \\)?"
    assert all(re.fullmatch(lines, line) for line in text.splitlines()), text


def test_where_no_registry_is_reached_no_line_has_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert asked_hashes([OLDER]) == {}
    lock = locked([OLDER, "h11==0.16.0"])
    assert (lock.text, lock.unhashed) == (f"{OLDER}\nh11==0.16.0\n", (OLDER,))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("env/python/requirements.txt", "--extra-index-url https://user:secret@host/simple"),
        ("env/python/requirements.txt", "--index-url https://host/anything"),
        ("env/python/requirements.txt", "--find-links /opt/files"),
        ("env/python/requirements.txt", "-i host"),
        ("env/python/requirements.txt", "-f files"),
        ("env/python/requirements.txt", "--trusted-host host"),
        ("env/python/requirements.txt", "x @ https://" + "py" + "pi.x/y"),
        ("env/python/requirements.txt", "x @ git+ssh://someone:secret@host/x"),
        ("bento.yaml", "  index_url: host"),
        ("bento.yaml", "    --trusted-host host"),
        ("env/docker/Dockerfile", "ENV UV_INDEX_URL=host"),
        ("src/service/extra.py", "PIP_EXTRA_INDEX_URL = 'host'"),
        ("src/.netrc", "machine host login me password secret"),
        ("src/pip.conf", "extra-index-url = host"),
        ("README.md", str(Path.home()) + "/here"),
    ],
)
def test_an_index_a_credential_or_a_path_stops_the_build(tmp_path: Path, name: str, line: str) -> None:
    place = tmp_path / "a/b/c/d/bento"
    (place / name).parent.mkdir(parents=True)
    (place / name).write_text("  index_url: null\n  numpy==2\n", encoding="utf-8")
    refuse_leaks(place)
    (place / name).write_text(f"numpy==2\n{line}\n", encoding="utf-8")
    with pytest.raises(Internal, match="would name a registry, a credential or a path"):
        refuse_leaks(place)


def test_a_home_that_is_the_root_or_that_of_an_image_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a/b/c/d/bento"
    (place / "env/docker").mkdir(parents=True)
    (place / "README.md").write_text("see http://example.org/x", encoding="utf-8")
    (place / "env/docker/Dockerfile").write_text("WORKDIR /home/bentoml/bento", encoding="utf-8")
    for home in ("/", "/home/bentoml"):
        monkeypatch.setenv("HOME", home)
        refuse_leaks(place)


def test_a_users_own_token_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "a/b/c/d/bento/src/model"
    place.mkdir(parents=True)
    (place / "model.json").write_text('{"x": "hunter2hunter2"}', encoding="utf-8")
    refuse_leaks(place.parents[1])
    monkeypatch.setenv("UV_PUBLISH_TOKEN", "hunter2hunter2")
    with pytest.raises(Internal):
        refuse_leaks(place.parents[1])


def test_the_users_settings_for_pip_and_uv_stay_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, "https://user:hunter2@example.org/simple")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "example.org")
    folder = Path(bench("package", model="t", name="quiet").path)
    for path in (p for p in folder.rglob("*") if p.is_file()):
        assert b"hunter2" not in path.read_bytes()
        assert b"example.org" not in path.read_bytes()


def test_a_password_in_the_table_stops_the_build_and_nothing_is_left(bench: Bench) -> None:
    table = customers().assign(plan=lambda t: t["plan"].replace("pro", "https://me:hunter2@example.org/x"))
    bench.prepared(table, name="leaky", target="left")
    bench("train", dataset="leaky", estimators=["linear"], time_limit=60)
    with pytest.raises(DataRefused, match="looks like an address with a password"):
        bench("package", model="leaky")
    store = bench.context.bentoml_home
    assert not (store / "bentos/leaky").exists()
    assert not list((store / "staging").iterdir())
    assert "leaky:1" not in bench("status").bentos


def test_cells_that_speak_of_registries_are_no_index_lines(bench: Bench) -> None:
    odd = "--index-url https://host/simple"
    bench.prepared(customers().assign(plan=lambda t: t["plan"].replace("pro", odd)), name="odd", target="left")
    bench("train", dataset="odd", estimators=["linear"], time_limit=60)
    assert bench("package", model="odd").bento == "odd:1"
