"""Takes the positive label out of a request."""

import re

from agent.understanding.columns import is_plain, unknown_word
from agent.understanding.forms import forms
from agent.understanding.lexicon import HAN
from agent.understanding.replies import ask
from agent.understanding.said import Said

LINKED = re.compile("(?:设为|设成|定为|用|是|为|取|选)+")
LINK = re.compile("and|for|to|on|with|in|of|when|then|but", re.IGNORECASE)


def take_positive(said: Said) -> None:
    """The positive label, one of the target's values where they are known."""
    if not re.search(r"(?i)positive|event|[正阳]|(?:case|class|one|outcome|label)\b", said.draft.text):
        return
    labels = _labels(said)
    for key in ("strong", "tail"):
        for head, tail in forms("positive", key):
            for match in reversed(list((head if key == "strong" else tail or head).finditer(said.draft.text))):
                _positive(said, match, labels, key == "strong")


def _positive(said: Said, match: re.Match[str], labels: list[str], forward: bool) -> None:
    draft = said.draft
    word = _word_after(said, match, labels) if forward else _word_before(said, match.start())
    if word is None or (is_plain(word[0]) and not labels) or LINK.fullmatch(word[0]):
        return
    same = [v for v in labels if v.strip().casefold() == word[0].casefold()] or [
        v for v in labels if v.strip() and word[0].startswith(v.strip())
    ]
    if labels and not same:
        said.problems.append(ask(said.language, "no_such_label", labels, what=word[0]))
    said.set("positive", same[0] if same else word[0])
    end = (
        word[1]
        if not same
        else word[1] - len(word[0]) + len(same[0].strip())
        if re.match(f"[{HAN}]", word[0])
        else word[1]
    )
    draft.cut(*((match.start(), end) if forward else (word[1], match.end())))


def _word_after(said: Said, match: re.Match[str], labels: list[str]) -> tuple[str, int] | None:
    """The label after 正类是; of 正类是是 the second 是, and no 用 before a label in Latin letters."""
    word = unknown_word(said.draft, match.end())
    if word and (link := LINKED.match(word[0])) and word[0].strip() not in labels:
        word = unknown_word(said.draft, match.end() + link.end())
    last = match[0][-1:]
    doubled = LINKED.fullmatch(match[0][-2:-1]) and last in labels
    return (last, match.end()) if doubled and (word is None or word[0] not in labels) else word


def _word_before(said: Said, at: int) -> tuple[str, int] | None:
    found = re.search(
        rf"(?:以|把|将|用)?([A-Za-z0-9_.>+\-]+|[\ue400-\ue7ff]|[{HAN}]{{1,6}}?)\s*$", said.draft.text[:at]
    )
    if not found:
        return None
    word = said.draft.things[found[1]].value if found[1] in said.draft.things else found[1]
    return word, found.start()


def _labels(said: Said) -> list[str]:
    target = said.slots.get("target")
    for thing in said.draft.things.values():
        facts = said.world.table(thing.value) if thing.kind == "path" else None
        if facts is not None:
            wanted = target or (facts.targets[0] if len(facts.targets) == 1 else None)
            return list(facts.labels.get(wanted, [])) if wanted else []
    return []
