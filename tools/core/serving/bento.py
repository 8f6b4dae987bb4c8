"""BentoML's stores: models saved and Bentos built aside, then renamed into place whole."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tools.core.children import environment, python
from tools.core.context import Context
from tools.core.errors import NO_SPACE, BadArguments, Internal, NotFound, disk_full
from tools.core.files import read_json, remove, sha256, staging, write_json, write_text
from tools.core.serving.leaks import refuse_leaks
from tools.core.serving.lock import installed, locked, pinned
from tools.core.serving.served import served_files
from tools.core.store import Artifact

TOLD = "src/bento_model.json"
"""What a Bento holds: {model, sha256 of its files, unhashed: [name==version], files: {path inside: SHA-256}}."""
LOCK = "env/python/requirements.txt"
MODEL = "src/model"
"""Where the served files are."""


def save_model(context: Context, name: str, version: int, files: Path, metadata: dict[str, Any]) -> Path:
    """Put a folder of files into BentoML's model store as `name:version`; returns its place there."""
    place = context.bentoml_home / "models" / name / str(version)
    os.environ["BENTOML_DO_NOT_TRACK"] = "True"
    import bentoml
    from bentoml.models import ModelContext

    with staging(context.bentoml_home / "staging") as aside:
        versions = {"scikit-learn": installed("scikit-learn"), "skops": installed("skops")}
        with bentoml.models.create(
            f"{name}:{version}",
            module="skops",
            context=ModelContext("scikit-learn", versions),
            metadata=metadata,
            _model_store=_model_store(aside),
        ) as model:
            shutil.copytree(files, model.path, dirs_exist_ok=True)
        settle(aside / name / str(version), place)
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


def build_bento(context: Context, model: Artifact, name: str, version: int) -> Path:
    """Build the Bento `name:version` of a model in a fresh process; returns its place in BentoML's store."""
    place = context.bentoml_home / "bentos" / name / str(version)
    if place.exists():
        _refuse_other(place, model)
        if (place / MODEL).is_dir():
            return place  # else it is of an Ekiben whose Bentos had their models beside them
    with staging(context.bentoml_home / "staging") as aside:
        home, source = aside / "home", aside / "source"
        _stage_source(context, source, model)
        _run_build(source, home, model.tag, name, version)
        built = home / "bentos" / name / str(version)
        _describe(built)
        _lock(built)
        refuse_leaks(built)
        _seal(built)
        settle(built, place)
    return place


def export_bento(context: Context, tag: str, output: Path) -> None:
    """Write a Bento to one file, aside first."""
    name, _, version = tag.partition(":")
    with staging(output.parent) as aside:
        target = str(aside / f"aside{output.suffix or '.bento'}")  # BentoML takes a relative path from the root
        command = python("-m", "bentoml", "export", f"{name}:{version}", target)
        _bentoml(command, aside, environment(BENTOML_HOME=str(context.bentoml_home)))
        made = [path for path in aside.iterdir() if path.name.startswith("aside")]
        if not made:
            raise Internal("BentoML wrote no export.", "See: ekiben doctor")
        made[0].replace(output)


def unhashed(bento: Path) -> list[str]:
    """The pins of a Bento for which no hash could be had; none of its pins has one then."""
    found: list[str] = read_json(bento / TOLD)["unhashed"]
    return found


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder's files; its parents are made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _refuse_other(place: Path, model: Artifact) -> None:
    """BadArguments when a Bento's name is taken by another model, be it one of the same tag from elsewhere."""
    told = read_json(place / TOLD)
    own = model.record["sha256"]
    if (told["model"], told.get("sha256", own)) != (model.tag, own):
        raise BadArguments(
            f"The Bento {place.parent.name}:{place.name} holds another {told['model']}, not {model.tag} of here.",
            "Choose another --name.",
        )


def _describe(built: Path) -> None:
    """Put the model's own OpenAPI document where BentoML left a general one full of links."""
    import yaml

    from service.openapi import openapi

    described = yaml.safe_dump(openapi(read_json(built / MODEL / "model.json")), allow_unicode=True, sort_keys=False)
    write_text(built / "apis" / "openapi.yaml", described)


def _stage_source(context: Context, source: Path, model: Artifact) -> None:
    import service

    copy_tree(Path(next(iter(service.__path__))), source / "service")
    (source / "model").mkdir()
    served_files(context, model, source / "model")
    write_json(source / "bento_model.json", {"model": model.tag, "sha256": model.record["sha256"]})


def _run_build(source: Path, home: Path, model: str, name: str, version: int) -> None:
    """Build in a fresh process: BentoML's own command refuses any folder below a hidden one, as .ekiben is."""
    asked = {
        "service": "service.service:ModelService",
        "name": name,
        "version": str(version),
        "description": f"Serves model {model}, made with Ekiben.",
        "labels": {"model": model},
        "include": ["service/*.py", "service/page.*", "model/**", "bento_model.json"],
        "python": {
            "packages": pinned(read_json(source / "model" / "model.json")["packages"]),
            "lock_packages": False,
        },
        "build_ctx": str(source),
    }
    command = python("-c", "import bentoml, json, sys; bentoml.build(**json.load(sys.stdin))", "build")
    _bentoml(command, source, environment(source, BENTOML_HOME=str(home)), json.dumps(asked))


def _lock(built: Path) -> None:
    """Put our own lock where BentoML wrote one without hashes, and write down which packages have none."""
    lock = locked(pinned(read_json(built / MODEL / "model.json")["packages"]))
    write_text(built / LOCK, lock.text)
    write_json(built / TOLD, {**read_json(built / TOLD), "unhashed": lock.unhashed})


def _seal(built: Path) -> None:
    """Write down the hash of every file, so that a damaged one is noticed elsewhere; let everybody read them.

    A container runs as some other user, and files that were written aside are their maker's alone.
    """
    told = built / TOLD
    write_json(told, {**read_json(told), "files": hashes_of(built)})
    for path in (built, *built.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.suffix == ".sh" else 0o644)


def check_bento(bento: Path, what: str) -> dict[str, str]:
    """The hashes of a Bento's files, all as they were packaged; else BadArguments names one that is not."""
    try:
        told: dict[str, str] = read_json(bento / TOLD)["files"]
        found = hashes_of(bento)
        wrong = sorted(name for name in {*told, *found} if told.get(name) != found.get(name))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        wrong = [TOLD]
    if wrong:
        raise BadArguments(
            f"{what} is damaged: {wrong[0]!r} in it is not as it was packaged.",
            "Restore it, or package the model again.",
        )
    return found


def hashes_of(bento: Path) -> dict[str, str]:
    """The SHA-256 of each file of a Bento by its path inside, but for the one where they are written down."""
    files = sorted(path for path in bento.rglob("*") if path.is_file())
    found = {path.relative_to(bento).as_posix(): path for path in files if "__pycache__" not in path.parts}
    return {name: sha256(path) for name, path in found.items() if name != TOLD}


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


def settle(built: Path, place: Path) -> None:
    """Give what was built its place; what a killed process left there under this drawn version makes room."""
    place.parent.mkdir(parents=True, exist_ok=True)
    remove(place)
    built.rename(place)
    newest = max(int(p.name) for p in place.parent.iterdir() if p.name.isdigit())
    write_text(place.parent / "latest", str(newest))


def _model_store(folder: Path) -> Any:
    from bentoml._internal.models.model import ModelStore

    return ModelStore(folder)
