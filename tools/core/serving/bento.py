"""BentoML's stores: models saved and Bentos built aside, then renamed into place whole."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.core.children import environment, python
from tools.core.context import Context
from tools.core.errors import NO_SPACE, BadArguments, Internal, NotFound, disk_full
from tools.core.files import read_json, remove, staging, write_text

SERVING = ("bentoml", "httptools", "lightgbm", "msgspec", "numpy", "scikit-learn", "skops", "uvicorn", "uvloop")
"""What a Bento needs besides Python; with what these need, pinned to the versions that are installed here."""
FORBIDDEN = re.compile(
    rb"(?:--(?:extra-)?index-url|--find-links|https?://[^\s\"']*(?:/simple\b|pypi\.)|//[^/\s:@]+:[^/\s@]+@)"
)


def save_model(context: Context, name: str, version: int, files: Path, metadata: dict[str, Any]) -> Path:
    """Put a folder of files into BentoML's model store as `name:version`; returns its place there."""
    place = context.bentoml_home / "models" / name / str(version)
    os.environ["BENTOML_DO_NOT_TRACK"] = "True"
    import bentoml
    from bentoml.models import ModelContext

    with staging(context.bentoml_home / "staging") as aside:
        versions = {"scikit-learn": _installed("scikit-learn"), "skops": _installed("skops")}
        with bentoml.models.create(
            f"{name}:{version}",
            module="skops",
            context=ModelContext("scikit-learn", versions),
            metadata=metadata,
            _model_store=_model_store(aside),
        ) as model:
            shutil.copytree(files, model.path, dirs_exist_ok=True)
        _settle(aside / name / str(version), place)
    return place


def model_folder(context: Context, tag: str) -> Path:
    """Where a model's files are; NotFound when the store has lost it."""
    name, _, version = tag.partition(":")
    place = context.bentoml_home / "models" / name / version
    if not (place / "model.yaml").exists():
        raise NotFound(
            f"The files of model {tag!r} are not in BentoML's store {str(context.bentoml_home)!r}.",
            "Train it again, or set BENTOML_HOME to the store that has it.",
        )
    return place


def build_bento(context: Context, model: str, name: str, version: int) -> Path:
    """Build the Bento `name:version` of a model in a fresh process; returns its place in BentoML's store."""
    place = context.bentoml_home / "bentos" / name / str(version)
    if place.exists():
        _refuse_other(place, model)
        return place
    with staging(context.bentoml_home / "staging") as aside:
        home, source = aside / "home", aside / "source"
        _stage_source(source, model)
        base, _, number = model.partition(":")
        copy_tree(model_folder(context, model), home / "models" / base / number)
        write_text(home / "models" / base / "latest", number)
        _run_build(source, home, model, name, version)
        built = home / "bentos" / name / str(version)
        _describe(built, home / "models" / base / number)
        refuse_leaks(built)
        _settle(built, place)
    return place


def export_bento(context: Context, tag: str, output: Path) -> None:
    """Write a Bento with its models to one file, aside first."""
    name, _, version = tag.partition(":")
    with staging(output.parent) as aside:
        target = str(aside / f"aside{output.suffix or '.bento'}")  # BentoML takes a relative path from the root
        command = python("-m", "bentoml", "export", f"{name}:{version}", target)
        _bentoml(command, aside, environment(BENTOML_HOME=str(context.bentoml_home)))
        made = [path for path in aside.iterdir() if path.name.startswith("aside")]
        if not made:
            raise Internal("BentoML wrote no export.", "See: ekiben doctor")
        made[0].replace(output)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder's files; its parents are made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def pinned(more: Sequence[str] = ()) -> list[str]:
    """`name==version` of all that serving needs, and of `more`, as installed here, sorted."""
    found: dict[str, str] = {}
    waiting = [*SERVING, *more]
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = _installed(name)
            waiting += _needs(name)
    return sorted(f"{name}=={version}" for name, version in found.items())


def refuse_leaks(folder: Path) -> None:
    """Internal, when a file of a Bento names an index, a credential or a path of this machine."""
    here = [str(Path.home()).encode() + b"/", str(folder.parents[3]).encode()]
    for path in (p for p in folder.rglob("*") if p.is_file() and p.suffix in (".txt", ".yaml", ".json", ".md", ".in")):
        content = path.read_bytes()
        if FORBIDDEN.search(content) or any(prefix in content for prefix in here):
            raise Internal(f"{path.name!r} of the Bento would name a registry or a path of this machine.")


def _refuse_other(place: Path, model: str) -> None:
    """BadArguments when a Bento's name is taken by another model."""
    holds = read_json(place / "src" / "bento_model.json")["model"]
    if holds != model:
        raise BadArguments(
            f"The Bento {place.parent.name}:{place.name} holds {holds}, not {model}.", "Choose another --name."
        )


def _describe(built: Path, model: Path) -> None:
    """Put the model's own OpenAPI document where BentoML left a general one full of links."""
    import yaml

    from service.describe import openapi

    described = yaml.safe_dump(openapi(read_json(model / "model.json")), allow_unicode=True, sort_keys=False)
    write_text(built / "apis" / "openapi.yaml", described)


def _stage_source(source: Path, model: str) -> None:
    import service

    copy_tree(Path(next(iter(service.__path__))), source / "service")
    write_text(source / "bento_model.json", json.dumps({"model": model}))


def _run_build(source: Path, home: Path, model: str, name: str, version: int) -> None:
    """Build in a fresh process: BentoML's own command refuses any folder below a hidden one, as .ekiben is."""
    asked = {
        "service": "service.service:ModelService",
        "name": name,
        "version": str(version),
        "description": f"Serves model {model}, made with Ekiben.",
        "include": ["service/*.py", "bento_model.json"],
        "models": [model],
        "python": {"packages": pinned(_packages(home, model)), "lock_packages": False},
        "build_ctx": str(source),
    }
    command = python("-c", "import bentoml, json, sys; bentoml.build(**json.load(sys.stdin))", "build")
    _bentoml(command, source, environment(source, BENTOML_HOME=str(home)), json.dumps(asked))


def _packages(home: Path, model: str) -> list[str]:
    """What a model's own estimators need beside the rest."""
    name, _, version = model.partition(":")
    found: list[str] = read_json(home / "models" / name / version / "model.json").get("packages", [])
    return found


def _bentoml(command: list[str], folder: Path, variables: dict[str, str], told: str = "") -> None:
    done = subprocess.run(
        command,
        env=variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        input=told,
    )
    if NO_SPACE in done.stderr + done.stdout:
        raise disk_full(folder)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Internal(f"BentoML refused to {command[4]}: {' '.join(last)}", "See: ekiben doctor")


def _settle(built: Path, place: Path) -> None:
    """Give what was built its place; what a killed process left there under this drawn version makes room."""
    place.parent.mkdir(parents=True, exist_ok=True)
    remove(place)
    built.rename(place)
    newest = max(int(p.name) for p in place.parent.iterdir() if p.name.isdigit())
    write_text(place.parent / "latest", str(newest))


def _model_store(folder: Path) -> Any:
    from bentoml._internal.models.model import ModelStore

    return ModelStore(folder)


def _installed(name: str) -> str:
    from importlib.metadata import version

    return version(name)


def _needs(name: str) -> Iterator[str]:
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    for line in requires(name) or []:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            try:
                version(need.name)
            except PackageNotFoundError:
                continue
            yield need.name
