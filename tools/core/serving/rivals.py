"""Two models of which one is to take the other's place: the new one, and the live one as it is served."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.core.context import Context
from tools.core.files import read_json
from tools.core.serving.bento import LOCK, MODEL, TOLD, check_bento
from tools.core.serving.deployments import Deployment
from tools.core.serving.lineage import kept
from tools.core.store import Artifact

if TYPE_CHECKING:
    from tools.core.serving.sources import Source


@dataclass(frozen=True)
class Rival:
    """A loaded model, and what it was trained on where this workspace has that."""

    tag: str
    files: Path
    """What serves it."""
    runtime: Any
    prepared: Artifact | None


def revision_to_beat(deployment: Deployment) -> int | None:
    """The revision that is live, or is to be although it does not answer; None where there is none."""
    return deployment.left_by_move if deployment.is_wanted else None


def new_rival(context: Context, source: "Source") -> Rival | None:
    """What is to be put live; None where its model is not in this workspace."""
    from tools.core.serving.served import served

    model = kept(context, "model", source.model)
    return _loaded(context, source.model, served(context, model), model) if model else None


def live_rival(context: Context, deployment: Deployment, revision: int) -> Rival | None:
    """A revision's model, from its own copy; None where only other versions than Ekiben's own can load it."""
    from service.graph import GRAPH_FILE
    from tools.core.serving.environments import other_versions
    from tools.core.serving.revisions import source_of

    tag = deployment.revision_record(revision)["model"]
    bento = source_of(deployment, revision).parent
    files = check_bento(bento, f"The Bento of revision {revision} of {deployment.name}")
    if f"{MODEL}/{GRAPH_FILE}" not in files and other_versions((bento / LOCK).read_text(encoding="utf-8")):
        return None
    model = kept(context, "model", tag)
    is_it = model and model.record["sha256"] == read_json(bento / TOLD).get("sha256")
    return _loaded(context, tag, bento / MODEL, model if is_it else None)


def _loaded(context: Context, tag: str, files: Path, model: Artifact | None) -> Rival:
    from service.runtime import Runtime

    prepared = kept(context, "prepared", model.record["prepared"]) if model else None
    return Rival(tag, files, Runtime(files), prepared)
