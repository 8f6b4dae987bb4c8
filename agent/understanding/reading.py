"""Reads a request from left to right through the stages: things, columns, arguments, verbs, and what is left."""

import re

from agent.understanding import Understanding
from agent.understanding.artifacts import mentioned, take_tags
from agent.understanding.artifacts import take_names as take_artifacts
from agent.understanding.assign import Desk, take_pronouns
from agent.understanding.columns import mentions
from agent.understanding.declines import about_ekiben, declined, take_platforms, wished
from agent.understanding.homophones import mend_chinese
from agent.understanding.intents import prepare, take_compounds, take_intents, take_weak
from agent.understanding.labels import take_positive
from agent.understanding.leftovers import Rest, leftovers, named_things
from agent.understanding.lexicon import Phrases, pattern
from agent.understanding.nearest import masked
from agent.understanding.offers import asks_for_status, explains, nearest, reading_of, sure, sure_beside, widened
from agent.understanding.paths import take_paths
from agent.understanding.picks import take_choices, take_dialect, take_estimators, take_origins
from agent.understanding.planning import make_plan
from agent.understanding.preparing import take_preparing
from agent.understanding.replies import Asking, ask, example, passed_over
from agent.understanding.roles import take_roles
from agent.understanding.said import Said
from agent.understanding.settling import ask_for_group, settle, writes_script
from agent.understanding.slots import (
    take_duration,
    take_metric,
    take_names,
    take_numbers,
    take_outputs,
)
from agent.understanding.text import Draft, dated, is_chinese, normalise, tidy
from agent.understanding.typos import mend
from agent.understanding.world import World
from tools.core.plan import Plan, Question

NEW_NAME = re.compile(r"\w+(?=\s*[=＝](?![=＝]))")
"""What stands before a single equals sign is the name of a column to be worked out."""
NO_TABLE = ("no_such_file", "no_such_file_none", "no_table")
"""Questions that come first: what can be done with a table's columns is known only with the table."""
VAGUE = ("what_to_do", "nothing_understood", "unused", "two_models", "no_table")
"""Questions that another reading may settle."""
NOTHING = ("what_to_do", "nothing_understood")
"""Questions that only say that nothing was understood."""
UNNAMED = re.compile(r"(?<![A-Za-z0-9_])col(?:umn)?[ _-]?(\d+)(?![A-Za-z0-9_])", re.IGNORECASE)
ABOUT_ROWS = re.compile(
    r"expla|why|reason|lean|driv|rel(?:y|ies)\b|decide|what ma[kd]e|which columns ma[kd]e|puzzl"
    r"|为什么|为何|为啥|解释|原因|依据|判断",
    re.IGNORECASE,
)
"""Where it stands, a row may be meant that is to be explained."""
SPLITTING = Phrases(
    ["(?:and |then |first |when |while )*(?:splits?|splitting|cut|cutting|divide|dividing)(?: (?:it|rows))?"],
    ["(?:切分|划分|拆分|分割)(?:的时候|时|好)?"],
)
"""What has been said already where it is known how the rows are parted."""
NEGATED = re.compile(r"\b(?:not|no|never|without|except|but|if|unless)\b|不|别|除|没|无|如果", re.IGNORECASE)
"""Words after which a plan without the rest would be the opposite of what was asked."""


def read(request: str, world: World) -> Understanding:
    """Understand one request."""
    said = Said(request, "zh" if is_chinese(request) else "en", Draft(normalise(request)), world)
    if not said.draft.text:
        return Understanding(ask(said.language, "empty", [example(said.language, said.world)]))
    outcome = _declined(said) or _taken_apart(said)
    return Understanding(outcome, said.notes if isinstance(outcome, Plan) else [])


def _declined(said: Said) -> Question | None:
    """Take the things out; what is no request on tables ends here."""
    take_dialect(said)
    take_origins(said)
    take_paths(said.draft, said.world)
    said.draft.text = tidy(dated(said.draft.text))
    take_tags(said.draft, said.world)
    names = mentioned(said.draft, said.world)
    said.sources = [t.tag for t in said.draft.things.values() if t.kind in ("path", "artifact")] + names
    said.columns = _columns(said, names)
    said.draft.text = UNNAMED.sub(lambda m: _unnamed(said, m), said.draft.text)
    mend(said, names)
    mend_chinese(said)
    for match in said.draft.take(pattern("_filler", "deadline"), " "):
        said.notes.append(passed_over(said.language, match[0].strip()))
    return _on_masked(said, names)


def _unnamed(said: Said, match: re.Match[str]) -> str:
    """`col_2` of a table without a header is column_2."""
    name = f"column_{match[1]}"
    return name if name in said.columns and match[0] not in said.columns else match[0]


def _columns(said: Said, names: list[str]) -> list[str]:
    """The columns of the tables that are named; without one, those of the artifacts."""
    tables = [said.world.table(t.value) for t in said.draft.things.values() if t.kind == "path"]
    found = [c for facts in tables if facts for c in facts.columns]
    for tag in [t.value for t in said.draft.things.values() if t.kind == "artifact"] + names:
        found += said.world.columns(tag)
    return list(dict.fromkeys(found))


def _on_masked(said: Said, names: list[str]) -> Question | None:
    """Questions about Ekiben and requests for something else; names of columns, new ones too, cannot trigger them."""
    if writes_script(said) and (names or any(t.kind == "artifact" for t in said.draft.things.values())):
        return None
    whole = said.draft.text
    for at, found in reversed(mentions(said.draft, 0, len(whole), said.columns)):
        said.draft.cut(at, found.end, "\uf003")
    for name in names:
        said.draft.text = re.sub(rf"(?i)(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", "\uf003", said.draft.text)
    said.draft.text = NEW_NAME.sub("\uf003", said.draft.text)
    question = declined(said) or about_ekiben(said)
    said.draft.text = whole
    return question


def wording(request: str, world: World) -> str:
    """The words of a request without its things and arguments: what the chances of its readings depend on."""
    said = Said(request, "zh" if is_chinese(request) else "en", Draft(normalise(request)), world)
    if _declined(said) is None:
        _take_things(said)
    return masked(said.draft, said.worded or said.draft.text)


def _taken_apart(said: Said) -> Plan | Question:
    _take_things(said)
    take_compounds(said)
    take_intents(said)
    outcome = _planned(said)
    return widened(said, outcome) if isinstance(outcome, Asking) else outcome


def _take_things(said: Said) -> None:
    """Take out what tools work on and their arguments; what is left are the words around them."""
    prepare(said)
    take_preparing(said)
    take_estimators(said)
    take_roles(said)
    if "drop" in said.slots:
        said.slots["drop"].sort(key=lambda c: said.request.casefold().find(c.casefold()))
    take_positive(said)
    _take_arguments(said)
    take_artifacts(said.draft, said.world)
    said.worded = said.draft.text


def _take_arguments(said: Said) -> None:
    take_metric(said)
    take_numbers(said, "max_latency_ms", "false_negative_cost", "memory_limit")
    take_duration(said)
    take_numbers(said, "test_fraction", "canary", "port", "replicas", "seed", "time_limit")
    if re.search(r"日志|(?<![a-z])(?:logs?|tail)(?![a-z])", said.draft.text, re.IGNORECASE):
        take_numbers(said, "lines")
    if ABOUT_ROWS.search(said.draft.text):
        take_numbers(said, "row")
    take_platforms(said)
    take_choices(said)
    take_outputs(said)
    take_names(said)


def _planned(said: Said) -> Plan | Question:
    if said.wants("rollback"):
        said.draft.take(pattern("rollback", "previous"))
        take_numbers(said, "revision")
    if said.wants("logs"):
        take_numbers(said, "lines_alone")
    if {"split", "test_fraction"} & said.slots.keys():
        said.draft.take(SPLITTING, " ")
    take_weak(said)
    wish = wished(said)
    desk = Desk(said)
    take_pronouns(desk)
    ask_for_group(said)
    if said.problems:
        return wish or said.problems[0]
    settle(said, desk)
    if said.problems:
        return said.problems[0]
    rest = leftovers(said)
    outcome = make_plan(said, desk)
    if wish and not (isinstance(outcome, Asking) and outcome.key in NO_TABLE):
        return _without(wish, outcome, said)
    weak = "_weak_verb" in said.slots and bool(rest.all)
    if isinstance(outcome, Plan) and not rest.risky and not weak and (not rest.passed or _is_safe(outcome, said)):
        said.notes += [passed_over(said.language, text) for text in rest.passed]
        return outcome
    if isinstance(outcome, Plan):
        return _unsure(said, outcome, rest)
    if isinstance(outcome, Asking) and outcome.key in VAGUE:
        return _read_as_others(said, outcome.key in NOTHING) or outcome
    return outcome


def _unsure(said: Said, plan: Plan, rest: Rest) -> Plan | Question:
    """A plan beside words that nothing explains: taken where they only tell a story, else asked about."""
    if "_weak_verb" in said.slots:
        return sure(said) or _left(said, rest.risky or rest.passed, plan)
    quiet = {step.tool for step in plan.plan} <= {"status"}
    if (quiet or named_things(said.draft)) and explains(said, reading_of(plan), plan):
        said.notes += [passed_over(said.language, text) for text in rest.all]
        return plan
    return _left(said, rest.risky or rest.passed, plan)


def _read_as_others(said: Said, vague: bool) -> Plan | Question | None:
    """Where no verb is known: what others mean with such words, if it is clear, else the nearest readings."""
    if not said.draft.things and not said.slots:
        return nearest(said) if asks_for_status(said) else None
    if not vague:
        return sure_beside(said)
    return sure(said) or nearest(said)


def _is_safe(plan: Plan, said: Said) -> bool:
    """Whether context may be passed over: something is named, or nothing changes."""
    return named_things(said.draft) or {s.tool for s in plan.plan} <= {"status", "logs"}


def _without(question: Asking, outcome: Plan | Question, said: Said) -> Question:
    """The question, whose "yes" is the plan that leaves out what it is about."""
    if isinstance(outcome, Plan) and question.key != "unknown_platform":
        from agent.understanding.canonical import render

        question.leaving(render(outcome, said.language))
        if question.key != "not_understood" or not NEGATED.search(question.word("what")):
            question.options = [question.without]
    return question


def _left(said: Said, rest: list[str], outcome: Plan) -> Question:
    """Something was not understood: offer the plan without it."""
    return _without(ask(said.language, "not_understood", what=" … ".join(rest)), outcome, said)
