"""What predicts a table: a model of this workspace, or a deployment's Bento whose model is elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.core.context import Context
from tools.core.errors import NotFound
from tools.core.names import parse_reference
from tools.core.serving.bento import MODEL, check_bento
from tools.core.serving.deployments import deployments, find_model


@dataclass(frozen=True)
class Answering:
    """A loaded model, and how cells of a table are read for it."""

    tag: str
    runtime: Any
    forms: Mapping[str, Any]
    """{dialect, columns} of the table that was trained on."""


def answering(context: Context, text: str) -> Answering:
    """What a model's or a deployment's name stands for, loaded; NotFound where there is neither."""
    from tools.core.learning.models import load_runtime

    try:
        model = find_model(context, text)
    except NotFound as exc:
        if found := _served(context, text):
            return found
        raise exc
    prepared = context.find(f"prepared/{model.record['prepared']}", "prepared")
    return Answering(model.tag, load_runtime(context, model), prepared.record)


def _served(context: Context, text: str) -> Answering | None:
    """The Bento that is live as the deployment of that name."""
    from service.runtime import Runtime

    wanted = parse_reference(text)
    live = [d for d in deployments(context) if d.name == wanted.name and d.live is not None]
    if not live or wanted.kind not in (None, "deployment") or wanted.version is not None:
        return None
    record = live[0].revision_record(live[0].live or 0)
    name, _, version = record["bento"].partition(":")
    bento = live[0].revision_folder(record["revision"]) / "home" / "bentos" / name / version
    check_bento(bento, f"The Bento {record['bento']} of {live[0].name}")
    runtime = Runtime(bento / MODEL)
    if (forms := runtime.facts["table"]) is None:
        raise NotFound(
            f"How tables are read for {record['model']} is not known: its dataset was gone when it was packaged.",
            f"Post the rows to {live[0].url()}/predict, or predict them where the model was trained.",
        )
    return Answering(record["model"], runtime, forms)
