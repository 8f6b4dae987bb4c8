"""What a request may mean where the rules are not sure: the nearest readings whose arguments fit, as plans."""

from dataclasses import dataclass, replace

from agent.understanding.assign import Desk
from agent.understanding.canonical import render
from agent.understanding.chances import MADE, TOOLS, ranked
from agent.understanding.leftovers import is_only_talk, is_told, never_passed
from agent.understanding.nearest import has_words, masked, unexplained
from agent.understanding.planning import make_plan
from agent.understanding.replies import Asking, ask
from agent.understanding.risks import is_sign
from agent.understanding.said import Intent, Said
from tools.core.plan import Plan

MOST = 3
"""Readings that are offered."""
SURE, SURER = 0.6, 0.95
"""The chance with which a reading is taken without asking; a release."""
RELEASES = ("deploy", "train_deploy", "promote", "rollback", "stop", "delete")
ON_TABLES = ("profile", "preprocess", "train", "train_evaluate", "train_deploy")
GIVEN = {"metric", "row", "lines", "revision", "overwrite"}
WIDE = ("not_understood", "wish", "unused", "what_to_do", "two_models")
"""Questions after which plans are offered."""
PASSING = ("_implied", "_weak")


@dataclass(frozen=True)
class Offer:
    """A reading, the plan that it is, and its chance."""

    reading: str
    plan: Plan
    chance: float


def offers(said: Said) -> list[Offer]:
    """The nearest readings that make a plan with all that the request says."""
    found: list[Offer] = []
    for reading, chance_of_it in ranked(masked(said.draft, said.worded)):
        plan = _planned_as(said, reading)
        if plan is not None and all(plan.plan != other.plan.plan for other in found):
            found.append(Offer(reading, plan, chance_of_it))
            if len(found) == MOST:
                break
    return found


def sure(said: Said) -> Plan | None:
    """The plan of the nearest reading, where it is likely enough and explains every word that could change it."""
    first = next(iter(offers(said)), None)
    if first is None or not (has_words(said.draft, said.worded) or GIVEN & said.slots.keys()):
        return None
    needed = SURER if first.reading in RELEASES else SURE
    return first.plan if first.chance >= needed and explains(said, first.reading) else None


def sure_beside(said: Said) -> Plan | None:
    """The same where the rules know verbs: what the reading leaves out must have been told, and it releases nothing."""
    first = next(iter(offers(said)), None)
    if first is None or first.reading in RELEASES:
        return None
    tools = TOOLS.get(first.reading, (first.reading,))
    made = [tool for tool in MADE if tool != "package" or "deploy" in tools]
    others = [intent for intent in said.intents if intent.tool not in (*tools, *made)]
    return sure(said) if all(is_told(said, intent.mark) for intent in others) else None


def asks_for_status(said: Said) -> bool:
    """Whether what names nothing reads most like the question what exists and runs."""
    return ranked(masked(said.draft, said.worded))[0][0] == "status"


def explains(said: Said, reading: str, plan: Plan | None = None) -> bool:
    """Whether what nothing else explains are words that people use for that reading, or a story beside the plan."""
    text = unexplained(said.draft, said.draft.text, reading, is_sign)
    return not never_passed(said.draft.text) and is_only_talk(
        said, {step.tool for step in plan.plan} if plan else set(), text
    )


def reading_of(plan: Plan) -> str:
    """The reading that a plan is, where it is one; else its last tool."""
    tools = tuple(step.tool for step in plan.plan if step.tool not in MADE)
    for reading, wanted in TOOLS.items():
        if tuple(tool for tool in wanted if tool not in MADE) == tools:
            return reading
    return tools[-1] if tools else plan.plan[-1].tool


def nearest(said: Said) -> Asking | None:
    """The question which of the nearest readings is meant; None when there is none."""
    options = [render(offer.plan, said.language) for offer in offers(said)]
    return ask(said.language, "nearest", options) if options else None


def widened(said: Said, question: Asking) -> Asking:
    """The question with plans to choose from by number: what it would go on with, then the nearest readings."""
    if question.key == "which_artifact" and not said.draft.things and asks_for_status(said):
        question.options = [*(render(offer.plan, said.language) for offer in offers(said)[:1]), *question.options]
    if question.key not in WIDE:
        return question
    near = [render(offer.plan, said.language) for offer in offers(said)] if said.draft.things else []
    given = [] if near and question.key == "two_models" else question.options
    kept = [question.without] if question.without else given
    found = list(dict.fromkeys([*kept[: MOST - 1], *near, *kept]))
    question.options = found[:MOST]
    return question


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
