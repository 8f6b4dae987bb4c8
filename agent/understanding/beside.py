"""Takes out what people say beside an argument and that says no more than it: "the others stay as they are"."""

import re

from agent.understanding.columns import mentions
from agent.understanding.lexicon import HOLE, pattern
from agent.understanding.replies import ask
from agent.understanding.said import Said

ESTIMATOR = "\uf001"
"""Stands where the name of an estimator was."""
CHOICE = re.compile(f"{ESTIMATOR}\\s*(?:or|[/+&]|或者?|还是)\\s*(?=(?:an? )?{ESTIMATOR})")

WAITING = re.compile("(?<![超不别])过$|[等隔]$")


def is_a_wait(said: Said, match: re.Match[str]) -> bool:
    """过十分钟训练 is no limit: what should happen later is asked about."""
    waits = WAITING.search(said.draft.text[: match.start("d")]) is not None
    if waits:
        said.problems.append(ask(said.language, "not_understood", what=said.draft.show(match["d"])))
    return waits


def take_only_if_better(said: Said) -> None:
    """Whether to release only what is better; "好才换" is a release of its own."""
    for phrase in ("better_than_one", "steps_back"):
        for match in pattern("_slots", phrase).finditer(said.draft.text):
            said.problems.append(ask(said.language, "not_understood", what=said.draft.show(match[0])))
    for match in reversed(list(pattern("_slots", "only_if_better").finditer(said.draft.text))):
        said.set("only_if_better", True)
        swapped = any(match.groupdict().get(name) for name in ("swap", "swapped"))
        said.draft.cut(match.start(), match.end(), f"{HOLE}上线 " if swapped else HOLE)


def take_rest_of_traffic(said: Said, name: str) -> None:
    """What becomes of the requests that do not go to the canary, where a share of them does."""
    rest = pattern("_slots", "beside_canary")
    if name == "canary" and pattern("_slots", "numbers", name).search(rest.sub(" ", said.draft.text)):
        said.draft.take(rest, " ")


def take_words_around_estimators(said: Said) -> None:
    """ "只用 … 这两种": the list says that it is all."""
    said.draft.text = CHOICE.sub(f"{ESTIMATOR} ", said.draft.text)
    if ESTIMATOR in said.draft.text:
        said.draft.take(pattern("_slots", "around_estimators"), ESTIMATOR)


def take_nothing_else(said: Said) -> None:
    """ "别的不用": the steps named are all; beside columns the words may be about these."""
    for words in ("only_that_table", "hypothetical"):
        said.draft.take(pattern("_slots", words), "")
    said.draft.take(pattern("_slots", "rest_are_features"), " ")
    if not mentions(said.draft, 0, len(said.draft.text), said.columns):
        said.draft.take(pattern("_slots", "nothing_else"), " ")
