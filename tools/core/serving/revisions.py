"""A revision's own copy of all that it serves: made at its deploy, and checked by its hash before each start."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.core.errors import BadArguments, Unverified, disk_errors
from tools.core.files import folder_sha256, write_json
from tools.core.serving.replica import Setup

if TYPE_CHECKING:
    from tools.core.serving.deployments import Deployment

UNCHANGED = "Nothing was changed. Deploy the model again, or choose another revision with --to."


def copy_revision(target: Path, bento: Path, record: dict[str, Any]) -> str:
    """Make a revision's own copy, so that nothing deleted later can take it away; the hash of its files."""
    with disk_errors(target):
        _copied(target, bento)
        write_json(target / "record.json", record)
        return folder_sha256(target)


def _copied(target: Path, bento: Path) -> None:
    import shutil

    from tools.core.files import remove
    from tools.core.serving.bento import copy_tree

    sweep(target.parent)
    remove(target)
    store = target / "home" / "bentos" / bento.parent.name
    copy_tree(bento, store / bento.name)
    (store / "latest").write_text(bento.name, encoding="utf-8")
    shutil.copyfile(bento / "src" / "model" / "sample.json", target / "sample.json")


def sweep(revisions: Path) -> None:
    """Remove what a command that was killed while it deleted left."""
    import shutil

    for left in revisions.glob(".gone-*"):
        shutil.rmtree(left, ignore_errors=True)


def check_revision(deployment: "Deployment", revision: int) -> None:
    """Unverified when a revision's files are not all there as they were when it was deployed."""
    if not source_of(deployment, revision).is_dir():
        raise Unverified(f"The files of revision {revision} of {deployment.name} are gone.", UNCHANGED)
    noted = deployment.sha256(revision)
    folder = deployment.revision_folder(revision)
    if noted and folder_sha256(folder) != noted:
        raise Unverified(
            f"The files of revision {revision} of {deployment.name} are not those that were deployed: "
            f"their hash differs from the record's.",
            UNCHANGED,
        )


def source_of(deployment: "Deployment", revision: int) -> Path:
    """Where the Bento's source is."""
    tag: str = deployment.revision_record(revision)["bento"]
    name, _, version = tag.partition(":")
    return deployment.revision_folder(revision) / "home" / "bentos" / name / version / "src"


def setup_of(deployment: "Deployment", revision: int, key: str) -> Setup:
    """How a revision's processes are started; BadArguments when clients need a key that nobody holds."""
    from tools.core.context import Context
    from tools.core.serving.environments import interpreter_for

    if deployment.needs_key and not key:
        raise no_key(deployment)
    record = deployment.revision_record(revision)
    source = source_of(deployment, revision)
    context = Context(workspace=deployment.folder.parent.parent)
    return Setup(
        revision=revision,
        source=str(source),
        home=str(deployment.revision_folder(revision) / "home"),
        replicas=record.get("replicas", 1),
        cors=tuple(record.get("cors", ())),
        key=key,
        interpreter=str(interpreter_for(context, source.parent)),
    )


def no_key(deployment: "Deployment") -> BadArguments:
    """Nobody has the key."""
    return BadArguments(
        f"The clients of {deployment.name} must send a key, and nobody holds it any more.",
        "Set EKIBEN_SERVICE_KEY to it, then repeat this.",
    )
