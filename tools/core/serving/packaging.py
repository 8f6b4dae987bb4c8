"""The Bento of a model: built once, whoever asks, and known to the workspace."""

from pathlib import Path

from tools.core.context import Context
from tools.core.journal import now
from tools.core.serving.bento import build_bento
from tools.core.store import Artifact


def bento_of(context: Context, model: Artifact, name: str) -> Path:
    """The place of the Bento `name:VERSION` of a model in BentoML's store; built if it is not there yet."""
    with context.store.lock(f"bento-{name}-{model.version}", context.bentoml_home):
        place = build_bento(context, model, name, model.version)
        if context.store.get("bento", name, model.version) is None:
            with context.store.staging() as folder:
                record = {"made": now(), "model": model.tag}
                context.store.keep("bento", name, model.version, folder, record)
    context.made["bento", name] = model.version
    return place
