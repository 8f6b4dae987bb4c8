"""What a person answers when asked about columns that give the target away: which of them to drop."""

import re
from collections.abc import Sequence

from tools.core.errors import NeedsAnswer
from tools.core.learning.leaks import Suspect

DROP = re.compile(r"\s*(?:please\s+)?(?:(?:drop|remove|leave out|exclude)\b|去掉|删除|不要|剔除)\s*", re.IGNORECASE)
ALL = re.compile(r"(?:all|all of them|both|them|it|全部|都)?", re.IGNORECASE)
KEEP = re.compile(r"(?:keep|keep (?:it|them|all|both)|none|保留|留着)", re.IGNORECASE)
BETWEEN = re.compile(r"\s*(?:,|;|、|，|\band\b|和|与)\s*")


def chosen_columns(answer: str, named: list[str]) -> list[str] | None:
    """The columns to drop; empty to keep all; None where the answer says neither."""
    text = answer.strip().rstrip(".。!！")
    if KEEP.fullmatch(text):
        return []
    lead = DROP.match(text)
    rest = text[lead.end() :].strip() if lead else text
    if ALL.fullmatch(rest) and (lead or rest):
        return list(named)
    same = {name.casefold(): name for name in named}
    if rest.casefold() in same:
        return [same[rest.casefold()]]
    told = [part.strip("\"'`").casefold() for part in BETWEEN.split(rest) if part]
    if told and all(part in same for part in told):
        return [same[part] for part in told]
    return list(named) if rest == ", ".join(named) else None


def columns_to_drop(answer: str, found: Sequence[Suspect], target: str, take_defaults: bool) -> list[str]:
    """Which of the suspected columns an answer drops; asks where there is none, or one that says nothing."""
    named = list(dict.fromkeys(name for suspect in found for name in suspect.columns))
    if answer.strip().casefold() == "ask" and take_defaults:
        return []
    gone = chosen_columns(answer, named)
    if gone is not None:
        return gone
    evidence = "; ".join(suspect.why for suspect in found[:5]) + ("; …" if len(found) > 5 else "")
    raise NeedsAnswer(
        "leaks",
        f"Would you know {', '.join(named[:5])} before {target} is known? {evidence}. Drop, or keep?",
        [f"drop {', '.join(named)}", "keep"],
    )
