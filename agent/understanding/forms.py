"""What the roles of columns share: phrases before and after them, and how a reading is kept."""

import re
from functools import cache

from agent.understanding.columns import Read, read_one
from agent.understanding.lexicon import LANGUAGES, Phrases, choices, phrases
from agent.understanding.paths import nearest
from agent.understanding.replies import ask
from agent.understanding.said import Said

VERBS = (
    "train",
    "evaluate",
    "package",
    "deploy",
    "predict",
    "explain",
    "compare",
    "preprocess",
    "profile",
    "stop",
    "monitor",
)


@cache
def forms(slot: str, key: str) -> tuple[tuple[Phrases, Phrases | None], ...]:
    """The phrases of a slot as (before the columns, after them)."""
    entry = phrases("_slots")[slot]
    split = {lang: [re.split(r"\{(?:col|label)\}", p) for p in entry.get(f"{key}_{lang}", [])] for lang in LANGUAGES}
    plain = Phrases(_alone(split["en"]), _alone(split["zh"]))
    both = [(_phrase(head, lang), _phrase(tail, lang)) for lang in LANGUAGES for head, tail in split[lang] if tail]
    return (*both, *([(plain, None)] if plain.en or plain.zh else []))


def _alone(halves: list[list[str]]) -> list[str]:
    return [head for head, tail in halves if not tail]


def _phrase(text: str, language: str) -> Phrases:
    return Phrases([text], []) if language == "en" else Phrases([], [text])


def keep(said: Said, slot: str, read: Read) -> None:
    """Keep columns as an argument; one that is only close to what was written is asked about."""
    for written, column in (*read.notes, *(read.plurals if slot == "drop" else ())):
        options = dict.fromkeys([column, *nearest(written, said.columns)])
        said.problems.append(ask(said.language, "no_such_column", options, what=written))
    if slot == "drop":
        kept = said.slots.setdefault("drop", [])
        kept += [c for c in read.columns if c not in kept]
    elif len(read.columns) > 1:
        said.problems.append(ask(said.language, "many_targets", read.columns))
    else:
        said.set(slot, read.columns[0])


def but_dropped(said: Said, at: int, read: Read) -> Read:
    """Of "target a, b must go" only a is the target."""
    text = said.draft.text
    if len(read.columns) == 2 and any(tail.match(text, read.end) for _, tail in forms("drop", "back") if tail):
        return read_one(said.draft, at, said.columns) or read
    return read


@cache
def verbs() -> Phrases:
    return Phrases(_plain_verbs("en"), _plain_verbs("zh"))


def _plain_verbs(language: str) -> list[str]:
    return [p for tool in VERBS for p in phrases(tool).get(language, []) if "{" not in p]


def is_verb(word: str) -> bool:
    if verbs().match(word) or re.match(
        r"(?:any|all|more|asking|question|approval|gpu|missing|null|empty)$", word, re.I
    ):
        return True
    return bool(re.match(r"\d", word) or choices("_metrics").match(word) or choices("_estimators").match(word))
