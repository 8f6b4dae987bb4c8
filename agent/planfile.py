"""Plan files: YAML that a person edits, or the JSON that `plan --json` printed."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

import tools
from tools.core.context import Context
from tools.core.errors import BadArguments, EkibenError, NotFound
from tools.core.files import sha256, write_text
from tools.core.plan import Plan


def hashes(plan: Plan, context: Context) -> dict[str, str]:
    """The SHA-256 of each table that a step reads, by the path as the plan writes it."""
    found = {}
    for step in plan.plan:
        path = step.args.get("path")
        if isinstance(path, str) and context.path(path).is_file():
            found[path] = sha256(context.path(path))
    return found


def write(plan: Plan, path: Path) -> None:
    """Write a plan as YAML."""
    import yaml

    write_text(path, yaml.safe_dump(plan.model_dump(), allow_unicode=True, sort_keys=False))


def read(path: Path) -> Plan:
    """Read a plan file; BadArguments says what is wrong with it."""
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise NotFound(f"There is no plan file {str(path)!r}.", "Make one with: ekiben plan REQUEST -o FILE") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise BadArguments(f"{str(path)!r} cannot be read as a plan: {exc}.", "Name a YAML or JSON file.") from exc
    except yaml.YAMLError as exc:
        where = str(getattr(exc, "problem_mark", "")).strip()
        raise BadArguments(f"{str(path)!r} is neither YAML nor JSON: {where or exc}.", "Mend it there.") from exc
    return checked(raw, str(path))


def checked(raw: Any, name: str) -> Plan:
    """A plan whose every step fits its tool."""
    if not isinstance(raw, dict) or not isinstance(raw.get("plan"), list) or not raw["plan"]:
        raise BadArguments(f"{name!r} holds no plan.", "It needs a list `plan` of {tool, args}.")
    kept = {key: raw[key] for key in ("version", "request", "tables", "plan") if key in raw}
    try:
        plan = Plan.model_validate(kept)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BadArguments(f"{name!r}: {place} is wrong: {first['msg']}.", "Mend it there.") from exc
    for number, step in enumerate(plan.plan, 1):
        if step.tool not in tools.TOOLS:
            raise BadArguments(
                f"{name!r}: step {number} names the tool {step.tool!r}, which is none.",
                f"The tools are: {', '.join(tools.TOOLS)}.",
            )
        try:
            tools.load(step.tool).parse(step.args)
        except EkibenError as exc:
            raise BadArguments(f"{name!r}: step {number}: {exc.message}", exc.hint) from exc
    return plan


def changed(plan: Plan, context: Context) -> list[str]:
    """A warning for each table that is not the one the plan was made with."""
    now = hashes(plan, context)
    other = [path for path, digest in plan.tables.items() if now.get(path) != digest]
    return [f"{path} has changed since the plan was made." for path in other]
