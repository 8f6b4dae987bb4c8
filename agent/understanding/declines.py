"""What Ekiben does not do, and questions about Ekiben itself, answered with what it can do instead."""

from agent.understanding.lexicon import pattern, phrases, values
from agent.understanding.replies import EXAMPLES, ask
from agent.understanding.said import Said
from tools.core.plan import Question

WISHES = ("impute", "scale", "encode", "where", "derive", "kinds")


def about_ekiben(said: Said) -> Question | None:
    """Greetings, help, "how do I …?", "can you …?"."""
    text = said.draft.text
    if pattern("_decline", "help").search(text):
        return ask(said.language, "help", [EXAMPLES[said.language]])
    if pattern("_decline", "howto").search(text):
        return ask(said.language, "howto", [EXAMPLES[said.language]])
    if not said.draft.things and "\uf003" not in text and pattern("_decline", "capability").search(text):
        return ask(said.language, "help", [EXAMPLES[said.language]])
    return None


def declined(said: Said, *kinds: str) -> Question | None:
    """The first kind of request that Ekiben does not do."""
    for kind in kinds or tuple(phrases("_decline")["kinds"]):
        if pattern("_decline", "kinds", kind).search(said.draft.text):
            return _decline(said, kind)
    return None


def _decline(said: Said, kind: str) -> Question:
    text: str = phrases("_decline")["kinds"][kind][f"text_{said.language}"]
    return Question(text=text.replace("{instead}", EXAMPLES[said.language]), options=[])


def wished(said: Said) -> Question | None:
    """A wish for the preparation of columns or rows that cannot be granted yet."""
    for wish in WISHES:
        if match := pattern("_decline", "wishes", wish).search(said.draft.text):
            return ask(said.language, "wish", what=_around(said, match[0]))
    if match := pattern("_decline", "tuning").search(said.draft.text):
        return ask(said.language, "tuning", what=_around(said, match[0]))
    if match := pattern("_decline", "platform_unknown").search(said.draft.text):
        return ask(said.language, "unknown_platform", values("_slots", "platform"), what=match[0].strip())
    return None


def _around(said: Said, text: str) -> str:
    return f"“{said.draft.show(text)}”" if said.language == "zh" else repr(said.draft.show(text))
