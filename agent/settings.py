"""What a command was told: a flag, else the environment, ekiben.toml here, the user's file, the default."""

import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from agent.prices import Prices
from agent.prices import read as read_prices
from agent.stagesettings import Stages, stages_in_environment, with_stages
from agent.strangers import strangers
from tools.core.context import Context
from tools.core.errors import BadConfig

FILE = "ekiben.toml"
MODES = ("ask", "plan", "auto")
NO_VARIABLE = ("stages", "prices", "strangers")
"""Settings that no single variable of the environment tells."""
TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


@dataclass(frozen=True)
class Settings:
    """The flags that mean the same everywhere."""

    yes: bool = False
    json: bool = False
    llm: str = "offline"
    base_url: str | None = None
    workspace: str | None = None
    quiet: bool = False
    events: bool = False
    max_cost: float | None = None
    max_tokens: int | None = None
    max_turns: int = 12
    timeout: float | None = None
    share_rows: int = 0
    mode: str = "ask"
    """Of the chat: ask, plan or auto."""
    stream: bool = True
    """Whether a language model's words are asked for as they come."""
    llm_timeout: float = 120.0
    """Seconds without a word after which a language model's server is given up."""
    prices: Prices = field(default_factory=dict)
    """What language models cost, by PROVIDER:NAME; before those in agent/prices.toml."""

    stages: Stages = field(default_factory=dict)
    """What single stages are told otherwise."""
    strangers: frozenset[str] = frozenset()
    """Servers elsewhere that only the folder's file names: they get no key and no words."""

    def context(self) -> Context:
        """The surroundings that tools get."""
        import time

        workspace = Path(self.workspace).expanduser() if self.workspace else Path.cwd() / ".ekiben"
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        return Context(workspace=workspace.absolute(), deadline=deadline, take_defaults=self.yes)


def settle(flags: dict[str, Any]) -> Settings:
    """The settings of a command whose flags were given; BadConfig names the place of a value that does not fit."""
    found: dict[str, Any] = {}
    places = _places()
    for place, values in places:
        for name, value in values.items():
            if name == "stages":
                found[name] = with_stages(found.get(name, {}), value, place)
            elif name == "prices":
                found[name] = found.get(name, {}) | read_prices(value, place)
            else:
                found[name] = _fitting(name, value, place)
    found |= {name: value for name, value in flags.items() if value is not None and value is not False}
    if (mode := found.get("mode", "ask")) not in MODES:
        raise BadConfig(f"mode cannot be {mode!r}.", f"The modes are: {', '.join(MODES)}.")
    own = [flags, *(values for place, values in places if place != FILE)]
    return Settings(**found, strangers=strangers(dict(places)[FILE], own))


def _places() -> list[tuple[str, dict[str, Any]]]:
    from platformdirs import user_config_path

    user = user_config_path("ekiben") / FILE
    names = [each.name for each in fields(Settings) if each.name not in NO_VARIABLE]
    variables: dict[str, Any] = {
        name: os.environ[f"EKIBEN_{name.upper()}"] for name in names if os.environ.get(f"EKIBEN_{name.upper()}")
    }
    variables["stages"] = stages_in_environment()
    return [(str(user), _file(user)), (FILE, _file(Path(FILE))), ("the environment", variables)]


def _file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}
    except UnicodeDecodeError as exc:
        raise BadConfig(f"{str(path)!r} is not UTF-8.", "Save it as UTF-8.") from exc
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise BadConfig(f"{str(path)!r} is not TOML: {exc}.", "Mend it, or move it away.") from exc
    known = {each.name for each in fields(Settings)} - {"strangers"}
    named = {name.replace("-", "_"): value for name, value in values.items()}
    for name in named:
        if name not in known:
            raise BadConfig(f"{str(path)!r} sets {name!r}, which is no setting.", f"Known: {', '.join(sorted(known))}.")
    return named


def _fitting(name: str, value: Any, place: str) -> Any:
    default = next(each for each in fields(Settings) if each.name == name)
    kind = default.type.__name__ if isinstance(default.type, type) else str(default.type)
    try:
        if kind == "bool":
            return value if isinstance(value, bool) else TRUTHS[str(value).lower()]
        if "int" in kind:
            return int(value)
        return float(value) if "float" in kind else str(value)
    except (ValueError, KeyError, TypeError) as exc:
        raise BadConfig(f"{name} in {place} cannot be {value!r}.", f"It takes {kind.removesuffix(' | None')}.") from exc
