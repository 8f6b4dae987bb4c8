"""Reads one comparison in words: "tenure is over 12", "at least 3 beds", "Contract is One year or Two year"."""

import re
from dataclasses import dataclass
from functools import cache

from agent.understanding.columns import read_one
from agent.understanding.lexicon import HAN, NUMBER, QUOTES, phrases
from agent.understanding.numbers import number, whole
from agent.understanding.replies import ask
from agent.understanding.said import Said
from agent.understanding.writing import forms, literal, reference

FILE = "_preparing"
DATE = re.compile(r"\s*(\d{4}-\d\d-\d\d)")
WORD = re.compile(rf"\s*(?:the\s+)?([A-Za-z0-9][\w.\-/+]*|[{HAN}]{{1,8}}?(?=[的行,;.!?且或和]|客户|用户|数据|$))")
AMOUNT = re.compile(rf"\s*[$€£¥]?\s*({NUMBER})(?![A-Za-z0-9_%]|\.\d)(?P<scale>[万亿千]?)", re.IGNORECASE)
SCALED = re.compile(r"\s*[$€£¥]?\s*(\d+(?:\.\d+)?)(k|K|w)(?![A-Za-z0-9_])")
SCALES = {"": 1, "千": 1e3, "k": 1e3, "w": 1e4, "万": 1e4, "亿": 1e8}
TIME_UNIT = re.compile(
    r"\s*(?:个)?(?:years?|months?|days?|weeks?|hours?|minutes?|年|月|天|周|小时|分钟)(?![A-Za-z])(?! old)", re.I
)
OR_VALUE = re.compile(r"\s*(?:,\s*(?:or\s+)?|\bor\b|、|或者?|和(?=[^,]))\s*(?:an?\s+|the\s+)?", re.IGNORECASE)
AND_VALUE = re.compile(r"\s*(?:and|to|到|至|-|~|和|与)\s*", re.IGNORECASE)
AFTER_BETWEEN = re.compile(r"\s*(?:之间|间)?")
YEAR = re.compile(r"(?:19|20)\d\d")
NO_WORDS = frozenset(
    {"a", "an", "the", "in", "on", "at", "of", "between", "about", "under", "over", "not", "no", "than"}
)

ROLE = re.compile("目标|标签|因变量|特征|要预测|主键|编号|权重|label|target", re.IGNORECASE)
"""What a column may be said to be, and no value of it."""


@dataclass(frozen=True)
class Value:
    """What a column is compared with, as an expression writes it; where it ends; >= or <= of "or more"."""

    text: str
    end: int
    symbol: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One comparison as an expression, its column, and where it ends."""

    text: str
    column: str
    end: int


def comparison(said: Said, at: int, last: str | None = None) -> Comparison | None:
    """The comparison at a place; without a column of its own it is about the `last` one."""
    read = read_one(said.draft, at, said.columns)
    if read is None or not read.columns:
        return _reversed(said, at) or _aged(said, at) or (_after_column(said, last, at) if last else None)
    return _after_column(said, read.columns[0], read.end)


def _reversed(said: Said, at: int) -> Comparison | None:
    """ "at least 3 beds": the column comes last."""
    for symbol, pattern in operators():
        match = pattern.match(said.draft.text, at)
        amount = AMOUNT.match(said.draft.text, match.end()) if match else None
        read = read_one(said.draft, amount.end(), said.columns, close=False) if amount else None
        if amount and read and read.columns and symbol in (">=", "<=", ">", "<"):
            column = read.columns[0]
            return Comparison(f"{reference(column)} {symbol} {_scaled(amount)}", column, read.end)
    return None


AGED = re.compile(
    rf"(?:年满|满|不满|未满|大于等于|小于等于|不小于|不大于|大于|小于|高于|低于|超过|不超过|不到|不足|至少|最多)?{NUMBER}\s*周?岁"
)
AGE = re.compile(r"(?:^|[_\W])age(?:$|[_\W])|年龄|岁数", re.IGNORECASE)


def _aged(said: Said, at: int) -> Comparison | None:
    """ "18 岁以上的": of the one column that tells the age."""
    ages = [column for column in said.columns if AGE.search(column)]
    return _after_column(said, ages[0], at) if len(ages) == 1 and AGED.match(said.draft.text, at) else None


DATED = re.compile(r"\s*(?:在|于|是)?(?P<v>\d{4}-\d\d-\d\d|\d{4}(?=年))年?(?P<how>及?以后|之后|后|及?以前|之前|前)")
SIDES = {"以后": ">=", "后": ">", "以前": "<=", "前": "<"}


def _dated(said: Said, column: str, at: int) -> Comparison | None:
    """注册日期在 2023-03-01 之后."""
    found = DATED.match(said.draft.text, at)
    if found is None:
        return None
    symbol = next(sign for words, sign in SIDES.items() if found["how"].endswith(words))
    value = found["v"] if len(found["v"]) == 4 else literal(found["v"])
    return Comparison(_written(said, column, symbol, value), column, found.end())


def _after_column(said: Said, column: str, at: int) -> Comparison | None:
    if (dated := _dated(said, column, at)) is not None:
        return dated
    for symbol, pattern in operators():
        match = pattern.match(said.draft.text, at)
        found = _compared(said, column, symbol, match.end()) if match else None
        if found is not None:
            return found
    name = reference(column)
    if label := _known_label(said, column, at):  # "only for region north"
        return Comparison(f"{name} == {label.text}", column, label.end)
    value = _amount(said, column, at)
    if value is None or not (value.symbol or re.match(r"\s", said.draft.text[at : at + 1] or "x")):
        return None
    return Comparison(
        _written(said, column, value.symbol or "==", value.text), column, value.end
    )  # "tenure 12 or more"


def _compared(said: Said, column: str, symbol: str, at: int) -> Comparison | None:
    name = reference(column)
    if symbol in ("is_missing", "is_known"):
        return Comparison(f"{'not ' if symbol == 'is_known' else ''}missing({name})", column, at)
    value = _value(said, column, at, ordered=symbol not in ("==", "!=", "contains"))
    if value is None:
        return None
    if symbol == "contains":
        return Comparison(f"contains({name}, {value.text})", column, value.end)
    if symbol == "between":
        return _between(said, column, value)
    if symbol in ("==", "!=") and value.symbol is None:
        return _one_of(said, column, symbol, value)
    return Comparison(_written(said, column, value.symbol or symbol, value.text), column, value.end)


def _between(said: Said, column: str, lower: Value) -> Comparison | None:
    joined = AND_VALUE.match(said.draft.text, lower.end)
    upper = _value(said, column, joined.end(), ordered=True) if joined else None
    if upper is None:
        return None
    after = AFTER_BETWEEN.match(said.draft.text, upper.end)
    parts = (_written(said, column, ">=", lower.text), _written(said, column, "<=", upper.text))
    return Comparison(" and ".join(parts), column, after.end() if after else upper.end)


def _one_of(said: Said, column: str, symbol: str, first: Value) -> Comparison:
    """ "is A or B": one of several values of the same column."""
    values, end = [first.text], first.end
    while joined := OR_VALUE.match(said.draft.text, end):
        listed = _known_label(said, column, joined.end()) or _amount(said, column, joined.end())
        if listed is None or listed.symbol or _is_column(said, joined.end()):
            break
        values.append(listed.text)
        end = listed.end
    if len(values) == 1:
        return Comparison(_written(said, column, symbol, first.text), column, end)
    inside = f"{reference(column)} {'in' if symbol == '==' else 'not in'} ({', '.join(values)})"
    return Comparison(inside, column, end)


def _written(said: Said, column: str, symbol: str, value: str) -> str:
    """A comparison as an expression; dates are compared with a year by their year."""
    form = forms(said).get(column)
    if form is not None and form.storage == "moment" and YEAR.fullmatch(value):
        return f"year({reference(column)}) {symbol} {value}"
    return f"{reference(column)} {symbol} {value}"


def _value(said: Said, column: str, at: int, ordered: bool) -> Value | None:
    """A label, a date, an amount, a quoted text, another column; a word only where the column holds words."""
    text = said.draft.text
    if found := _known_label(said, column, at):
        return found
    if date := DATE.match(text, at):
        return Value(literal(date[1]), date.end())
    if amount := _amount(said, column, at):
        return amount
    if mark := re.compile(rf"\s*(?:the value )?([{QUOTES}])").match(text, at):
        value = said.draft.things[mark[1]].value
        return Value(reference(value) if ordered and value in said.columns else literal(value), mark.end())
    other = read_one(said.draft, at, said.columns, close=False)
    if other and len(other.columns) == 1 and other.columns[0] != column:
        return Value(reference(other.columns[0]), other.end)
    return None if ordered else _word(said, column, at)


def _amount(said: Said, column: str, at: int) -> Value | None:
    """A number with its scale (万, k), without units that change nothing; None where one of time follows."""
    text = said.draft.text
    found = SCALED.match(text, at)
    value = f"{whole(float(found[1]) * SCALES[found[2].lower()])}" if found else ""
    if not found:
        found = AMOUNT.match(text, at)
        value = _scaled(found) if found else ""
    unit = TIME_UNIT.match(text, found.end()) if found else None
    if not found or (unit and not YEAR.fullmatch(value) and not _counts_in(column, unit[0])):
        return None
    units = _units().match(text, found.end())
    end = max(match.end() for match in (found, units, unit) if match)
    for symbol, more in _or_more():
        if following := more.match(text, end):
            return Value(value, following.end(), symbol)
    return Value(value, end)


COUNTS = {
    r"month|月": r"tenure|month|月|任期|在网",
    r"year|年": r"age|year|年",
    r"day|天": r"day|天|日",
    r"hour|小时": r"hour|时",
}
"""Units of time, and the names of columns that are counted in them."""


def _counts_in(column: str, unit: str) -> bool:
    """Whether a column is counted in that unit, by its name: tenure in months, age in years."""
    return any(re.search(word, unit, re.I) and re.search(names, column, re.I) for word, names in COUNTS.items())


def _scaled(found: "re.Match[str]") -> str:
    return str(whole(number(found[1]) * SCALES[found["scale"]]))


def _known_label(said: Said, column: str, at: int) -> Value | None:
    for label in sorted((label.strip() for label in labels(said).get(column, [])), key=len, reverse=True):
        found = re.compile(rf"\s*(?:the\s+)?{re.escape(label)}(?![A-Za-z0-9_])", re.I).match(said.draft.text, at)
        if found and label:
            form = forms(said).get(column)
            number_like = form is not None and form.kind == "numeric" and re.fullmatch(r"-?\d+(\.\d+)?", label)
            return Value(label if number_like else literal(label), found.end())
    return None


def _word(said: Said, column: str, at: int) -> Value | None:
    """A single word as a value: not where the values are known and it is none, nor where the column holds numbers."""
    word, form = WORD.match(said.draft.text, at), forms(said).get(column)
    if (
        word is None
        or word[1].lower() in NO_WORDS
        or ROLE.match(word[1])
        or (form is not None and form.kind in ("numeric", "datetime"))
    ):
        return None
    if known := labels(said).get(column, []):
        said.problems.append(ask(said.language, "no_such_value", known, what=word[1], column=column))
    return Value(literal(word[1]), word.end())


def _is_column(said: Said, at: int) -> bool:
    read = read_one(said.draft, at, said.columns, close=False)
    return read is not None and bool(read.columns)


def labels(said: Said) -> dict[str, list[str]]:
    """The values of the columns that have few."""
    tables = [said.world.table(t.value) for t in said.draft.things.values() if t.kind == "path"]
    return {name: list(values) for facts in tables if facts for name, values in facts.labels.items()}


@cache
def operators() -> list[tuple[str, re.Pattern[str]]]:
    """What compares, the longer phrases first."""
    data = phrases(FILE)["operators"]
    en = [(s, re.compile(rf"\s*(?:{_blanks(p)})(?![A-Za-z])", re.IGNORECASE)) for s, p in data["en"]]
    return [(s, re.compile(rf"\s*{p}")) for s, p in data["zh"]] + en


@cache
def _units() -> re.Pattern[str]:
    return re.compile(phrases(FILE)["operators"]["units"].replace(" ?", r"\s?"), re.IGNORECASE)


@cache
def _or_more() -> list[tuple[str, re.Pattern[str]]]:
    data = phrases(FILE)["operators"]["or_more"]
    return [(s, re.compile(rf"(?:{_blanks(p)})(?!\s*[$\d])", re.IGNORECASE)) for s, p in data.items()]


def _blanks(phrase: str) -> str:
    return phrase.replace(" ", r"\s+")
