"""A Bento from another machine: a .bento file is unpacked aside, checked, given its place, and its record with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import BadArguments
from tools.core.files import sha256, staging
from tools.core.journal import now
from tools.core.names import slug
from tools.core.serving.archives import read_texts, unpack
from tools.core.serving.bento import MODEL, TOLD, check_bento, settle
from tools.core.store import Artifact

FACTS = f"{MODEL}/model.json"
RECORD = ("estimator", "metric", "score", "interval", "baseline", "target", "task", "versions", "lineage")
"""What of a model's facts its Bento's record brings along."""


@dataclass(frozen=True)
class Sent:
    """What a .bento file says that it holds."""

    name: str
    version: int
    model: str
    sha256: str
    """Of the model's files, where it was trained."""
    facts: Mapping[str, Any]

    @property
    def tag(self) -> str:
        """The Bento's `name:version`."""
        return f"{self.name}:{self.version}"

    @property
    def told(self) -> str:
        """How good its model is, and from when."""
        made = str((self.facts.get("lineage") or {}).get("made", ""))[:10]
        return f"{self.facts['metric']} {self.facts['score']:.3g}, made {made or 'nobody knows when'}"


def is_file(text: str) -> bool:
    """Whether what is to be deployed is named by a .bento file."""
    return text.lower().endswith(".bento")


def look_into(path: Path) -> Sent:
    """What a .bento file holds, with nothing unpacked; BadArguments where it is no Bento of Ekiben's."""
    import yaml

    texts = read_texts(path, ("bento.yaml", TOLD, FACTS))
    try:
        bento, told, facts = yaml.safe_load(texts["bento.yaml"]), json.loads(texts[TOLD]), json.loads(texts[FACTS])
        name, version, model = str(bento["name"]), int(bento["version"]), str(told["model"])
        base, _, number = model.partition(":")
        if slug(name) != name or slug(base) != base or version < 1 or int(number) < 1 or facts["model"] != model:
            raise ValueError("its names are none")
        return Sent(name, version, model, told["sha256"], {field: facts[field] for field in RECORD})
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as exc:
        raise BadArguments(
            f"{path.name!r} is no Bento that Ekiben packaged.",
            "Make one with: ekiben package MODEL --output FILE.bento",
        ) from exc


def import_bento(context: Context, path: Path) -> Artifact:
    """Make a .bento file's Bento one of this workspace; the same file twice is the same Bento."""
    sent = look_into(path)
    place = context.bentoml_home / "bentos" / sent.name / str(sent.version)
    _refuse_other_model(context, sent, path)
    with context.store.lock(f"bento-{sent.name}-{sent.version}", context.bentoml_home):
        with staging(context.bentoml_home / "staging") as aside:
            unpack(path, aside / "bento")
            files = check_bento(aside / "bento", path.name)
            if not place.exists():
                settle(aside / "bento", place)
            elif check_bento(place, f"Bento {sent.tag}") != files:
                raise _other(f"Bento {sent.tag}", path)
        return known(context, sent, path)


def _refuse_other_model(context: Context, sent: Sent, path: Path) -> None:
    base, _, number = sent.model.partition(":")
    model = context.store.get("model", base, int(number))
    if model and model.record["sha256"] != sent.sha256:
        raise _other(f"model {sent.model}", path)


def _other(what: str, path: Path) -> BadArguments:
    return BadArguments(
        f"Another {what} is here already, and {path.name!r} holds a different one.",
        "Train or package it under another --name there, and take that file.",
    )


def known(context: Context, sent: Sent, path: Path) -> Artifact:
    """The Bento as an artifact of this workspace, with the record that came along."""
    if found := context.store.get("bento", sent.name, sent.version):
        return found
    record = {
        "made": now(),
        "model": sent.model,
        "trained": dict(sent.facts),
        "imported": {"file": path.name, "sha256": sha256(path)},
    }
    with context.store.staging() as folder:
        return context.store.keep("bento", sent.name, sent.version, folder, record)
