"""What can be deployed: a model of this workspace, a Bento of it, or a .bento file from another machine."""

from dataclasses import dataclass
from pathlib import Path

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.serving.bento import check_bento
from tools.core.serving.imported import Sent, import_bento, is_file, look_into
from tools.core.serving.packaging import bento_of
from tools.core.store import Artifact


@dataclass(frozen=True)
class Source:
    """What is to be served: where it comes from, and the names that its deployment gets to know."""

    name: str
    bento: str
    model: str
    shown: str
    """What a question calls it."""
    origin: Artifact | Path


def source_of(context: Context, text: str) -> Source:
    """What a reference or a path names; nothing is packaged or imported yet."""
    if is_file(text):
        path = context.path(text)
        return _of_file(look_into(path), path)
    found = context.find(text, "model", "bento")
    model = found.record["model"] if found.kind == "bento" else found.tag
    return Source(found.name, found.tag, model, found.tag, found)


def bento_to_serve(context: Context, source: Source) -> Path:
    """The source's Bento in BentoML's store: packaged or imported if it is not there, and as it was made."""
    origin = source.origin
    if isinstance(origin, Path):
        origin = import_bento(context, origin)
    place = context.bentoml_home / "bentos" / origin.name / str(origin.version)
    if origin.kind == "model" or not place.exists():
        place = bento_of(context, _model(context, source), origin.name)
    check_bento(place, f"Bento {source.bento}")
    return place


def _of_file(sent: Sent, path: Path) -> Source:
    shown = f"{sent.tag} of the file {path.name!r} ({sent.told}), with the code inside,"
    return Source(sent.name, sent.tag, sent.model, shown, path)


def _model(context: Context, source: Source) -> Artifact:
    try:
        return context.find(f"model/{source.model}", "model")
    except NotFound as exc:
        raise NotFound(
            f"The files of the Bento {source.bento} are gone, and its model {source.model} is not in this workspace.",
            "Deploy its .bento file again.",
        ) from exc
