"""The shape of the code: layers, sizes, no name of a machine, and a wheel that works by itself."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tools

ROOT = Path(__file__).resolve().parents[1]
CODE = [path for folder in ("agent", "tools", "service") for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("path", CODE, ids=[str(path.relative_to(ROOT)) for path in CODE])
def test_a_file_opens_with_its_idea_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text)), "no module docstring"


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_tests_are_flat() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


@pytest.mark.parametrize("name", tools.TOOLS)
def test_a_tool_has_its_four_files(name: str) -> None:
    assert (ROOT / "tools" / f"{name}.py").is_file()
    assert (ROOT / "prompts" / "phrases" / f"{name}.toml").is_file()
    assert (ROOT / "tests" / f"test_{name}.py").is_file()


def test_importing_does_nothing_heavy() -> None:
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in CODE]
    light = [name.removesuffix(".__init__") for name in modules if name.startswith("tools") and "training" not in name]
    light = [name for name in light if name.rpartition(".")[2] not in ("candidate",)]
    heavy = ("pandas", "sklearn", "bentoml", "duckdb")
    code = f"import sys\nfor m in {light!r}: __import__(m)\nprint([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "[]"


def test_bento_needs_no_build_section() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "bentoml" not in settings["tool"]


def test_the_lock_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--find-links|@ file", lock)
    assert lock.count("--hash=sha256:") > 100
