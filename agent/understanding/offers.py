"""What a request may mean where the rules are not sure: the nearest readings whose arguments fit, as plans."""

from dataclasses import dataclass, replace

from agent.understanding.assign import Desk
from agent.understanding.canonical import render
from agent.understanding.leftovers import is_only_talk, never_passed
from agent.understanding.nearest import TOOLS, has_words, masked, ranked, unexplained
from agent.understanding.planning import make_plan
from agent.understanding.replies import Asking, ask
from agent.understanding.risks import is_sign
from agent.understanding.said import Intent, Said
from agent.understanding.text import Draft
from tools.core.plan import Plan

MOST = 3
"""Readings that are offered."""
LOOKED_AT = 6
SURE, SURER = 4.0, 9.0
"""So much likelier than the next reading (a logarithm of odds), and a reading is taken without asking; a release."""
RELEASES = ("deploy", "train_deploy", "promote", "rollback", "stop", "delete")
ON_TABLES = ("profile", "preprocess", "train", "train_evaluate", "train_deploy")
PASSING = ("_implied", "_weak")


@dataclass(frozen=True)
class Offer:
    """A reading, the plan that it is, and how much likelier it is than the next one that fits."""

    reading: str
    plan: Plan
    lead: float = 0.0


def offers(said: Said) -> list[Offer]:
    """The nearest readings that make a plan with all that the request says."""
    found: list[tuple[str, float, Plan]] = []
    for reading, odds in ranked(masked(said.draft, said.worded))[:LOOKED_AT]:
        plan = _planned_as(said, reading)
        if plan is not None and all(plan.plan != other.plan for _, _, other in found):
            found.append((reading, odds, plan))
    following = [odds for _, odds, _ in found[1:]] + [0.0]
    return [Offer(name, plan, odds - after) for (name, odds, plan), after in zip(found, following, strict=False)][:MOST]


def sure(said: Said) -> Plan | None:
    """The plan of the nearest reading, where it leads clearly and explains every word that could change it."""
    first = next(iter(offers(said)), None)
    if first is None or not has_words(said.draft, said.worded):
        return None
    needed = SURER if first.reading in RELEASES else SURE
    return first.plan if first.lead >= needed and explains(said, first.reading) else None


def explains(said: Said, reading: str) -> bool:
    """Whether what nothing else explains are words that people use for that reading."""
    text = unexplained(said.draft, said.draft.text, reading, is_sign)
    return not never_passed(said.draft.text) and is_only_talk(replace(said, draft=Draft(text, said.draft.things)))


def leads(said: Said, plan: Plan) -> str | None:
    """The reading that is that plan, if it is one of the two nearest."""
    same = [offer.reading for offer in offers(said)[:2] if _tools(offer.plan) == _tools(plan)]
    return same[0] if same else None


def asked(said: Said) -> Asking | None:
    """The question which of the nearest readings is meant; None when there is none."""
    options = [render(offer.plan, said.language) for offer in offers(said)]
    return ask(said.language, "nearest", options) if options else None


def _tools(plan: Plan) -> list[str]:
    return [step.tool for step in plan.plan]


def _planned_as(said: Said, reading: str) -> Plan | None:
    """The plan of a reading with everything that the request says; None when it does not fit."""
    if reading == "none" or (reading in ON_TABLES and not said.draft.order("path")):
        return None
    intents = [Intent(tool, "") for tool in TOOLS.get(reading, (reading,))]
    slots = {name: value for name, value in said.slots.items() if name not in PASSING}
    copy = replace(said, intents=intents, slots=slots, refused=list(said.refused), notes=[], problems=[])
    if any(intent.tool in said.refused for intent in intents):
        return None
    outcome = make_plan(copy, Desk(copy))
    fits = isinstance(outcome, Plan) and not copy.problems
    return outcome if fits and isinstance(outcome, Plan) else None
