"""Takes new columns out of a request: `per_month = calls / months`, "the weekday of the date", "对 price 取对数"."""

import re
from functools import cache

from agent.understanding.columns import read_one
from agent.understanding.lexicon import HAN, QUOTES, Phrases, phrases
from agent.understanding.replies import ask
from agent.understanding.said import Said
from agent.understanding.writing import OPERATOR, forms, longest, reference
from tools.core.tables.words import vocabulary

FILE = "_preparing"
ASSIGNED = re.compile(rf"(?<![<>=!\w])(?P<name>[^\W\d]\w*?|[{QUOTES}])\s*(?:=(?!=)|等于)\s*")
SETTINGS = vocabulary(
    "metric target port seed host test_size test_fraction time_limit y name canary replicas encoding separator label "
    "positive task split lines split_by time_column group_column weight_column sep header sheet"
)
"""Words that may stand before = and make no column."""


def take_derived(said: Said) -> None:
    """Every column that is to be worked out."""
    if not re.search(phrases(FILE)["derive"]["trigger"], said.draft.text, re.IGNORECASE):
        return
    for match in reversed(list(ASSIGNED.finditer(said.draft.text))):
        _assigned(said, match)
    for which, trigger in phrases(FILE)["derive"]["triggers"].items():
        tables = any(thing.kind == "path" for thing in said.draft.things.values())
        if not tables or not re.search(trigger, said.draft.text, re.IGNORECASE):  # "the log of churn" is a file
            continue
        for head, between in _worded(which):
            while any(_in_words(said, which, match, between) for match in head.finditer(said.draft.text)):
                pass


def _assigned(said: Said, match: re.Match[str]) -> None:
    name = match["name"]
    name = said.draft.things[name].value if name in said.draft.things else _without_head(name)
    if name.lower() in SETTINGS:
        return
    if name in said.columns:
        if head := _head(said, match.start()):
            said.problems.append(ask(said.language, "column_there", what=name))
            said.draft.cut(head.start(), match.end())
        return
    found = longest(said, match.end(), forms(said), condition=False)
    if found is None:
        return
    head = _head(said, match.start())
    start = head.start() if head else match.start()
    if isinstance(found, str):
        said.problems.append(ask(said.language, "does_not_fit", what=found))
        said.draft.cut(start, match.end())
        return
    expression, end = found
    if not any(reference(c) in expression for c in said.columns) or not OPERATOR.search(expression):
        return
    _add(said, name, expression)
    said.draft.cut(start, end)


def _without_head(name: str) -> str:
    """A name to which Chinese leaves the verb glued: 新增列人均."""
    bare = re.sub(rf"^(?:{phrases(FILE)['derive']['heads_zh']})", "", name)
    return re.sub(rf"^(?:columns?|features?)(?=[{HAN}])", "", bare) or name


def _add(said: Said, name: str, expression: str) -> None:
    said.slots.setdefault("derive", []).insert(0, f"{name} = {expression}")


def _head(said: Said, at: int) -> re.Match[str] | None:
    """The verb before an assignment: "add a column …"."""
    data = phrases(FILE)["derive"]
    en = data["heads_en"].replace(" ", r"\s+")
    return re.search(rf"(?:\b(?:{en})|{data['heads_zh']})\s*$", said.draft.text[:at], re.IGNORECASE)


def _in_words(said: Said, which: str, match: re.Match[str], after: list[Phrases]) -> bool:
    """ "log of price", "weekday of date", "calls divided by months": the columns stand where the phrases part."""
    columns: list[str] = []
    matched, end = [match], match.end()
    for tail in after:
        read = read_one(said.draft, end, said.columns, close=False)
        found = tail.match(said.draft.text, read.end) if read and len(read.columns) == 1 else None
        if read is None or found is None:
            return False
        columns.append(read.columns[0])
        matched.append(found)
        end = found.end()
    part = next((m["part"] for m in matched if "part" in m.groupdict()), None)
    _add(said, *_expression(which, columns, part))
    said.draft.cut(match.start(), end)
    return True


def _expression(which: str, columns: list[str], part: str | None) -> tuple[str, str]:
    """A name and an expression."""
    names = [re.sub(r"\W+", "_", column).strip("_") or "column" for column in columns]
    first = reference(columns[0])
    if which == "log":
        return f"log_{names[0]}", f"log({first})"
    if which in ("divided", "ratio"):
        return f"{names[0]}_per_{names[1]}", f"{first} / {reference(columns[1])}"
    parts = phrases(FILE)["derive"]["parts"]
    function = next(name for name, words in parts.items() if re.fullmatch(words, part or "", re.IGNORECASE))
    return f"{names[0]}_{function}", f"{function}({first})"


@cache
def _worded(which: str) -> list[tuple[Phrases, list[Phrases]]]:
    """What stands before the first column, and after each of them."""
    data = phrases(FILE)["derive"]
    found = []
    for language in ("en", "zh"):
        head, *tails = [_only(part, language) for part in data[f"{which}_{language}"].split("{col}")]
        found.append((head, tails))
    return found


def _only(phrase: str, language: str) -> Phrases:
    return Phrases([phrase], []) if language == "en" else Phrases([], [phrase])
