"""What Ekiben does not do, and questions about Ekiben itself, answered with what it can do instead."""

from agent.understanding.forms import verbs
from agent.understanding.leftovers import CLAUSE
from agent.understanding.lexicon import pattern, phrases, values
from agent.understanding.replies import EXAMPLES, Asking, ask, example
from agent.understanding.said import Said
from agent.understanding.signals import signals
from agent.understanding.stories import tells
from tools.core.plan import Question

WISHES = ("impute", "scale", "encode", "where", "derive", "kinds")


def about_ekiben(said: Said) -> Question | None:
    """Greetings, help, "how do I …?", "can you …?"."""
    text = said.draft.text
    if pattern("_decline", "help").search(text):
        return ask(said.language, "help", [example(said.language, said.world)])
    if pattern("_decline", "howto").search(text):
        return ask(said.language, "howto", [example(said.language, said.world)])
    named = bool(said.draft.things) or "\uf003" in text
    if not named and pattern("_decline", "howto_bare").search(text):
        return ask(said.language, "howto", [example(said.language, said.world)])
    if not named and pattern("_decline", "capability").search(text) and not _is_about_deployments(text):
        return ask(said.language, "help", [example(said.language, said.world)])
    return None


def _is_about_deployments(text: str) -> bool:
    """ "Can we go back one version": an order that needs no more than there is."""
    return any(pattern(tool).search(text) for tool in ("status", "rollback"))


def declined(said: Said, *kinds: str) -> Question | None:
    """The first kind of request that Ekiben does not do."""
    for kind in kinds or tuple(phrases("_decline")["kinds"]):
        found = signals("_decline", "kinds", kind).among(said.draft.text)
        if (found and not _is_beside_work(said, kind)) or (kind == "schedule" and _is_for_later(said)):
            return _decline(said, kind)
    return None


def _is_beside_work(said: Said, kind: str) -> bool:
    """ "I run a gym, explain churn to me": what people live on is no request, where one stands beside it."""
    text = said.draft.text
    named = any(mark in text for mark in (*said.draft.things, "\uf003"))
    clauses = [clause for clause in CLAUSE.split(text) if signals("_decline", "kinds", kind).among(clause)]
    return kind == "chat" and named and all(tells(clause) for clause in clauses) and verbs().search(text) is not None


def _is_for_later(said: Said) -> bool:
    """Whether a clause orders something for a time: "deploy it tonight", and not "we found it out on Monday"."""
    for clause in CLAUSE.split(said.draft.text):
        at = pattern("_decline", "point").search(clause)
        if at is None or tells(clause[: at.start()] + clause[at.end() :]):
            continue
        if pattern("_decline", "point_not").search(clause[: at.start()]) is None:
            return True
    return False


def _decline(said: Said, kind: str) -> Question:
    text: str = phrases("_decline")["kinds"][kind][f"text_{said.language}"]
    return Question(text=text.replace("{instead}", EXAMPLES[said.language]), options=[])


def wished(said: Said) -> Asking | None:
    """The first wish for columns, rows or training that cannot be granted yet; every one is taken out."""
    asked: list[Asking] = []
    for wish in WISHES:
        asked += _took(said, "wish", "wishes", wish)
    asked += _took(said, "tuning", "tuning")
    return asked[0] if asked else None


def take_platforms(said: Said) -> None:
    """Places where nothing can be deployed, before the words for others are found in them."""
    for match in said.draft.take(pattern("_decline", "platform_unknown")):
        options = values("_slots", "platform")
        said.problems.append(ask(said.language, "unknown_platform", options, what=match[0].strip()))


def _took(said: Said, key: str, *place: str) -> list[Asking]:
    found = said.draft.take(pattern("_decline", *place))
    return [ask(said.language, key, what=_around(said, match[0])) for match in found]


def _around(said: Said, text: str) -> str:
    return f"“{said.draft.show(text)}”" if said.language == "zh" else repr(said.draft.show(text))
