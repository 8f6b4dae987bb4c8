"""What an answer picks: an option, by its words or its place; yes; no."""

import re
from functools import cache

from agent.understanding.artifacts import take_names, take_tags
from agent.understanding.leftovers import is_filler
from agent.understanding.lexicon import expand, phrases
from agent.understanding.numbers import number
from agent.understanding.paths import take_paths
from agent.understanding.text import Draft, normalise, tidy
from agent.understanding.world import World

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@cache
def whole_line(key: str, file: str = "_answers") -> re.Pattern[str]:
    """A pattern for texts that are one of a file's phrases as a whole."""
    entry = phrases(file)[key]
    return re.compile("|".join(expand(p) for p in (*entry["en"], *entry["zh"])), re.IGNORECASE)


def plain(text: str) -> str:
    """An answer without its punctuation, contractions written out."""
    return tidy(normalise(text)).strip(" .,!;:?").casefold()


def agrees(answer: str) -> bool:
    """Whether the whole answer is a yes."""
    return whole_line("yes").fullmatch(plain(answer)) is not None


def consents(answer: str) -> bool:
    """Whether the whole answer is a yes to something that cannot be left out."""
    return whole_line("consent").fullmatch(plain(answer)) is not None


def refuses(answer: str) -> bool:
    """Whether the whole answer is a no."""
    return whole_line("no").fullmatch(plain(answer)) is not None


def choice(answer: str, options: list[str]) -> str | None:
    """The option that an answer picks: word for word, by its place, or as the only one that it contains."""
    same = [o for o in options if plain(o) == plain(answer)]
    if same:
        return same[0]
    place = _place(answer, len(options))
    return options[place] if place is not None else _contained(answer, options)


def _place(answer: str, count: int) -> int | None:
    found = whole_line("place").fullmatch(plain(answer))
    if found is None or not count:
        return None
    if found["end"] or found["word"] == "last":
        return count - 1
    place = ORDINALS.index(found["word"]) if found["word"] else int(number(found["n"] or found["m"])) - 1
    return place if 0 <= place < count else None


def _contained(answer: str, options: list[str]) -> str | None:
    """The only option whose words stand in the answer beside nothing but ordinary words."""
    text = plain(answer)
    fitting = [o for o in options if _stands_in(plain(o), text)]
    longest = max(fitting, key=len, default="")
    if not longest or any(plain(o) not in plain(longest) for o in fitting):
        return None
    rest = text.replace(plain(longest), " ", 1)
    return (
        longest if all(is_filler(w) or re.fullmatch("[就用选要是的那这个列吧呢啊]+", w) for w in rest.split()) else None
    )


def _stands_in(option: str, text: str) -> bool:
    return re.search(rf"(?<![a-z0-9_]){re.escape(option)}(?![a-z0-9_:])", text) is not None


def taken_apart(text: str, world: World) -> Draft:
    """A text in which paths, quoted strings and artifacts are single characters."""
    draft = Draft(normalise(text))
    take_paths(draft, world)
    draft.text = tidy(draft.text)
    take_tags(draft, world)
    take_names(draft, world)
    return draft


def names_a_thing(text: str, world: World) -> bool:
    """Whether an answer names a table or an artifact beside other words: it may be a request by itself."""
    draft = taken_apart(text, world)
    return bool(draft.things) and len(draft.text.strip()) > 1
