"""What the configuration says of single stages: [stages.training] with llm, base_url and max_turns.

In the environment: EKIBEN_TRAINING_LLM, EKIBEN_TRAINING_BASE_URL, EKIBEN_TRAINING_MAX_TURNS, and so for each stage.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from agent.stages import STAGES
from tools.core.errors import BadConfig


@dataclass(frozen=True)
class StageSettings:
    """One stage's own language model, server and turn limit; None: those of the whole."""

    llm: str | None = None
    base_url: str | None = None
    max_turns: int | None = None


Stages = Mapping[str, StageSettings]
KEYS = tuple(field.name for field in fields(StageSettings))


def with_stages(before: Stages, table: Any, place: str) -> Stages:
    """The stages' settings as one more place changes them; BadConfig names the place of what does not fit."""
    if not isinstance(table, dict):
        raise BadConfig(f"stages in {place} cannot be {table!r}.", "It takes tables, as [stages.training].")
    after = dict(before)
    for name, values in table.items():
        if name not in STAGES or not isinstance(values, dict):
            raise BadConfig(f"{place} sets [stages.{name}], which is no stage.", f"Known: {', '.join(STAGES)}.")
        told = {key.replace("-", "_"): value for key, value in values.items()}
        for key, value in told.items():
            told[key] = _fitting(f"stages.{name}.{key}", key, value, place)
        after[name] = replace(after.get(name, StageSettings()), **told)
    return after


def stages_in_environment() -> dict[str, dict[str, str]]:
    """What the environment says of stages."""
    found: dict[str, dict[str, str]] = {}
    for name in STAGES:
        for key in KEYS:
            if value := os.environ.get(f"EKIBEN_{name.upper()}_{key.upper()}"):
                found.setdefault(name, {})[key] = value
    return found


def _fitting(full: str, key: str, value: Any, place: str) -> Any:
    if key not in KEYS:
        raise BadConfig(f"{place} sets {full!r}, which is no setting of a stage.", f"Known: {', '.join(KEYS)}.")
    if key == "max_turns":
        return _turns(full, value, place)
    if not isinstance(value, str) or (key == "llm" and not all(value.partition(":"))):
        raise BadConfig(f"{full} in {place} cannot be {value!r}.", "It takes text, llm as openai:NAME.")
    return value


def _turns(full: str, value: Any, place: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and int(text) > 0):
        raise BadConfig(f"{full} in {place} cannot be {value!r}.", "It takes a whole number above 0.")
    return int(text)
