"""Takes the rows that a request wants: `where tenure > 12`, "only rows from 2020 on", "只用 2020 年以后的行"."""

import re
from functools import cache

from agent.understanding.columns import read_one
from agent.understanding.lexicon import HAN, NUMBER, QUOTES, Phrases, expand, phrases
from agent.understanding.numbers import number, whole
from agent.understanding.replies import ask
from agent.understanding.said import Said
from agent.understanding.writing import forms, literal, longest, reference
from tools.core.tables.targets import plain_words

FILE = "_preparing"
DATE = re.compile(r"\s*(\d{4}-\d\d-\d\d)")
WORD = re.compile(rf"\s*(?:the\s+)?([A-Za-z0-9][\w.\-/+]*|[{HAN}]{{1,8}}?(?=[的行,;.!?且或和]|客户|用户|数据|$))")
AND_VALUE = r"\s*(?:and|to|到|至|-|~|和|与)\s*"
AFTER_BETWEEN = re.compile(r"\s*(?:之间|间)?")
LATER, EARLIER = r"on|later|after|newer|up|起|后|以来|开始", r"earlier|before|older|前"


def take_where(said: Said) -> None:
    """Every condition on rows; two of them must both hold."""
    _take_years(said)
    _take_labels(said)
    for pattern, wanted in ((_heads("not"), False), (_heads("heads"), True)):
        for match in reversed(list(pattern.finditer(said.draft.text))):
            _take_condition(said, match, wanted)


def _take_condition(said: Said, match: re.Match[str], wanted: bool) -> None:
    at = match.end()
    found = longest(said, at, forms(said), condition=True) or _in_words(said, at)
    if found is None:
        return
    if isinstance(found, str):
        said.problems.append(ask(said.language, "does_not_fit", what=found))
        said.draft.cut(match.start(), match.end())
        return
    text, end = found
    tail = _tail().match(said.draft.text, end)
    _add(said, text if wanted else f"not ({text})")
    said.draft.cut(match.start(), tail.end() if tail else end)


def _add(said: Said, text: str) -> None:
    before = said.slots.get("where")
    said.slots["where"] = text if before is None else f"({text}) and ({before})"


def _in_words(said: Said, at: int) -> tuple[str, int] | None:
    """Comparisons in words, joined by and or or: "tenure is over 12 and region is not north"."""
    parts: list[str] = []
    column, end = None, at
    while (found := _comparison(said, at, column)) is not None:
        text, column, end = found
        parts.append(text)
        joined = next((m for m in _joins() if (m[1].match(said.draft.text, end))), None)
        if joined is None or len(parts) > 8:
            break
        following = joined[1].match(said.draft.text, end)
        assert following is not None
        if _comparison(said, following.end(), column) is None:
            break
        parts.append(joined[0])
        at = following.end()
    return (" ".join(parts), end) if parts else None


def _comparison(said: Said, at: int, last: str | None) -> tuple[str, str, int] | None:
    """One comparison: its expression, its column, where it ends."""
    read = read_one(said.draft, at, said.columns)
    column = read.columns[0] if read and read.columns else last
    if column is None:
        return None
    pos = read.end if read else at
    text = said.draft.text
    for symbol, pattern in _operators():
        match = pattern.match(text, pos)
        if match is None:
            continue
        found = _compared(said, column, symbol, match.end())
        if found is not None:
            return found[0], column, found[1]
    value = _value(said, column, pos)
    if known := _known_label(said, _labels(said).get(column, []), pos):  # "only for region north"
        return f"{reference(column)} == {known[0]}", column, known[1]
    if value is not None and value[2] is not None:  # "tenure 12 or more"
        return f"{reference(column)} {value[2]} {value[0]}", column, value[1]
    return None


def _compared(said: Said, column: str, symbol: str, at: int) -> tuple[str, int] | None:
    name = reference(column)
    if symbol in ("is_missing", "is_known"):
        return f"{'not ' if symbol == 'is_known' else ''}missing({name})", at
    value = _value(said, column, at)
    if value is None:
        return None
    if symbol == "contains":
        return f"contains({name}, {value[0]})", value[1]
    if symbol != "between":
        return f"{name} {value[2] or symbol} {value[0]}", value[1]
    joined = re.compile(AND_VALUE, re.IGNORECASE).match(said.draft.text, value[1])
    upper = _value(said, column, joined.end()) if joined else None
    if upper is None:
        return None
    after = AFTER_BETWEEN.match(said.draft.text, upper[1])
    return f"{name} >= {value[0]} and {name} <= {upper[0]}", after.end() if after else upper[1]


def _value(said: Said, column: str, at: int) -> tuple[str, int, str | None] | None:
    """What a column is compared with, as an expression writes it; where it ends; >= or <= of "or more"."""
    text = said.draft.text
    if (known := _labels(said).get(column)) and (found_label := _known_label(said, known, at)):
        return found_label
    if found := DATE.match(text, at):
        return _ended(text, literal(found[1]), found.end())
    if found := re.compile(rf"\s*({NUMBER})(?![A-Za-z0-9_])", re.IGNORECASE).match(text, at):
        return _ended(text, str(whole(number(found[1]))), found.end())
    mark = re.compile(rf"\s*(?:the value )?([{QUOTES}])").match(text, at)
    if mark:
        return literal(said.draft.things[mark[1]].value), mark.end(), None
    return _label(said, column, at)


def _ended(text: str, value: str, end: int) -> tuple[str, int, str | None]:
    units = re.compile(phrases(FILE)["operators"]["units"].replace(" ?", r"\s?"), re.IGNORECASE).match(text, end)
    end = units.end() if units else end
    for symbol, phrase in phrases(FILE)["operators"]["or_more"].items():
        if more := re.compile(phrase.replace(" ", r"\s+"), re.IGNORECASE).match(text, end):
            return value, more.end(), symbol
    return value, end, None


def _known_label(said: Said, known: list[str], at: int) -> tuple[str, int, str | None] | None:
    for label in sorted((label.strip() for label in known), key=len, reverse=True):
        found = re.compile(rf"\s*(?:the\s+)?{re.escape(label)}(?![A-Za-z0-9_])", re.I).match(said.draft.text, at)
        if found:
            return literal(label), found.end(), None
    return None


def _label(said: Said, column: str, at: int) -> tuple[str, int, str | None] | None:
    """One of the column's values, where they are known; else a word."""
    known = _labels(said).get(column, [])
    word = WORD.match(said.draft.text, at)
    if word is None:
        return None
    if known:
        said.problems.append(ask(said.language, "no_such_value", known, what=word[1], column=column))
    return literal(word[1]), word.end(), None


def _labels(said: Said) -> dict[str, list[str]]:
    tables = [said.world.table(t.value) for t in said.draft.things.values() if t.kind == "path"]
    return {name: list(values) for facts in tables if facts for name, values in facts.labels.items()}


def _take_labels(said: Said) -> None:
    """ "only female customers": a value that one column alone has."""
    owners: dict[str, list[str]] = {}
    for column, values in _labels(said).items():
        for value in values:
            owners.setdefault(value.strip(), []).append(column)
    data = phrases(FILE)["where"]
    nouns = expand(data["nouns"])
    for value, columns in owners.items():
        if (
            len(columns) > 1
            or (len(value) < 2 and value.isascii())
            or re.fullmatch(r"[\d.]+|yes|no|true|false", value, re.IGNORECASE)
        ):
            continue
        en = data["label_en"].replace("{value}", re.escape(value)).replace("{nouns}", nouns)
        zh = data["label_zh"].replace("{value}", re.escape(value))
        for match in reversed(list(re.compile(f"{en}|{zh}", re.IGNORECASE).finditer(said.draft.text))):
            _add(said, f"{reference(columns[0])} == {literal(value)}")
            said.draft.cut(match.start(), match.end())


def _take_years(said: Said) -> None:
    """ "only rows from 2020 on": of the one column that tells the time."""
    data = phrases(FILE)["where"]
    en = [p.replace("{nouns}", data["nouns"]) for p in data["years_en"]]
    every = [Phrases([p], []) for p in en] + [Phrases([], [p]) for p in data["years_zh"]]
    for pattern in every:
        for match in reversed(list(pattern.finditer(said.draft.text))):
            said_of = {name.rstrip("2"): value for name, value in match.groupdict().items() if value}
            bounds = _bounds(said, said_of)
            if bounds:
                _take_time(said, bounds)
            said.draft.cut(match.start(), match.end())


def _bounds(said: Said, told: dict[str, str]) -> list[tuple[str, str]]:
    """Comparisons (symbol, year or date) that a phrase on time means; a question where it could mean two."""
    how, on, first, second = (told.get(name, "").lower() for name in ("how", "on", "a", "b"))
    if second:
        return [(">=", first), ("<=", second)]
    if re.search(LATER, on) or how in ("since", "no earlier than") or how.startswith("starting"):
        return [(">=", first)]
    if re.search(EARLIER, on):
        return [("<=", first)]
    if how in ("after", "之后", "后"):
        return [(">", first)]
    if how in ("before", "之前", "前", "以前"):
        return [("<", first)]
    if how in ("及以前", "until", "till", "up to", "no later than"):
        return [("<=", first)]
    if re.fullmatch("及?以后|起|以来|开始", how):
        return [(">=", first)]
    if how == "between" and not second:
        return []
    if how in ("in", "of") or (not how and said.language == "zh"):
        return [("==", first)]
    options = {
        "en": [f"rows from {first} on", f"rows in {first}"],
        "zh": [f"只用{first}年以后的行", f"只用{first}年的行"],
    }
    said.problems.append(ask(said.language, "which_reading", options[said.language]))
    return []


def _take_time(said: Said, bounds: list[tuple[str, str]]) -> None:
    years, dates = _time_columns(said)
    if len(years) + len(dates) != 1 and not (years and len(years) == 1):
        options = years + dates or said.columns[:8]
        said.problems.append(ask(said.language, "which_time", options, what=bounds[0][1]))
        return
    column = (years or dates)[0]
    name = reference(column)
    parts = []
    for symbol, value in bounds:
        if column in years:
            parts.append(f"{name} {symbol} {value[:4]}")
        elif len(value) == 4:
            parts.append(f"year({name}) {symbol} {value}")
        else:
            parts.append(f"{name} {symbol} {literal(value)}")
    _add(said, " and ".join(parts))


def _time_columns(said: Said) -> tuple[list[str], list[str]]:
    """Columns that hold years, and those that hold dates."""
    reads = forms(said)
    words = {name: plain_words(name) for name in reads}
    years = [n for n, c in reads.items() if re.fullmatch(r"(.* )?year|.*年份?", words[n]) and c.storage != "moment"]
    return years, [name for name, column in reads.items() if column.storage == "moment"]


@cache
def _heads(which: str) -> Phrases:
    data = phrases(FILE)["where"]
    return Phrases([p.replace("{nouns}", data["nouns"]) for p in data[f"{which}_en"]], data[f"{which}_zh"])


@cache
def _tail() -> re.Pattern[str]:
    return re.compile(phrases(FILE)["where"]["tail_zh"])


@cache
def _operators() -> list[tuple[str, re.Pattern[str]]]:
    data = phrases(FILE)["operators"]
    en = [
        (s, re.compile(rf"\s*(?:{p.replace(' ', chr(92) + 's+')})(?![A-Za-z])", re.IGNORECASE)) for s, p in data["en"]
    ]
    return [(s, re.compile(rf"\s*{p}")) for s, p in data["zh"]] + en


@cache
def _joins() -> list[tuple[str, re.Pattern[str]]]:
    data = phrases(FILE)["operators"]["joins"]
    return [(word, re.compile(rf"\s*(?:{p.replace(' ', chr(92) + 's+')})", re.IGNORECASE)) for word, p in data.items()]
