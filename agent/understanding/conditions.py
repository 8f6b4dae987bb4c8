"""Takes the rows that a request wants: `where tenure > 12`, "only rows from 2020 on", "只用 2020 年以后的行"."""

import re
from functools import cache

from agent.understanding.columns import mentions
from agent.understanding.comparisons import AGED, Comparison, comparison, labels
from agent.understanding.lexicon import PATHS, Phrases, expand, phrases
from agent.understanding.replies import Asking, ask
from agent.understanding.said import Said
from agent.understanding.writing import forms, literal, longest, reference
from tools.core.tables.targets import plain_words

FILE = "_preparing"
LATER, EARLIER = r"on|later|after|newer|up|起|后|以来|开始", r"earlier|before|older|前"
MOST_PARTS = 8
OPENED, CLOSED = re.compile(r"\s*\(\s*"), re.compile(r"\s*\)")
DROPPING = re.compile(
    r"\b(?:drop|exclud|without|remov|ignor|skip|leav\w* out|discard|delet)\w*\b[^;.!?]*$", re.IGNORECASE
)
KEEPING = re.compile(r"\b(?:only|just|keep|take|use|using|train|consider|include)\b", re.IGNORECASE)
COMPARES = re.compile("[<>=≥≤≠]")
JOINED_NOUN = re.compile(r"^\s*and\b.*\s(?:with|where|whose|that|in which|for which|having)", re.IGNORECASE)
BEGINS = re.compile(
    r"(?:^|[,;.!?:\uf000]|[\ue000-\ue3ff](?:里面?|中|的)*|且|并|把|将|让|\b(?:and|but|with|where|whose))\s*$",
    re.IGNORECASE,
)


def take_where(said: Said) -> None:
    """Every condition on rows; two of them must both hold."""
    said.draft.text = _of_table().sub(r"\g<table>, \g<head>\g<tail>", said.draft.text)
    _take_years(said)
    _take_labels(said)
    for pattern, wanted in ((_heads("not"), False), (_heads("heads"), True)):
        for match in reversed(list(pattern.finditer(said.draft.text))):
            _take_condition(said, match, wanted)
    while any(_take_bare(said, at) for at in _places(said)):
        pass


def _places(said: Said) -> list[int]:
    """Where a condition may begin: at a column, or at an age."""
    named = [at for at, _ in mentions(said.draft, 0, len(said.draft.text), said.columns)]
    return named + [match.start() for match in AGED.finditer(said.draft.text)]


def _take_condition(said: Said, match: re.Match[str], wanted: bool) -> None:
    at = match.end()
    found = longest(said, at, forms(said), condition=True) or _fitting(said, _in_words(said, at))
    if found is None:
        return
    if isinstance(found, str):
        if not COMPARES.search(re.split("[,;!?]", said.draft.text[at:])[0]):
            return  # "drop Name/Ticket" leaves columns out
        said.problems.append(does_not_fit(said, found))
        said.draft.cut(match.start(), match.end())
        return
    text, end = found
    tail = _suffix("tail_zh").match(said.draft.text, end)
    dropped = _goes_on_dropping(said.draft.text[: match.start()], match[0])
    _add(said, text if wanted and not dropped else f"not ({text})")
    said.draft.cut(match.start(), tail.end() if tail else end)


def does_not_fit(said: Said, why: str) -> Asking:
    """The question about an expression that fits no column; in Chinese the expression stands for the English reason."""
    part = re.search(r"in '(.+)'\.?$", why.strip())
    return ask(said.language, "does_not_fit", what=f"“{part[1]}”。" if part and said.language == "zh" else why)


def _goes_on_dropping(before: str, head: str) -> bool:
    """ "drop zip and rows with beds over 5": the rows go as the columns do."""
    joined = JOINED_NOUN.match(head) is not None and not KEEPING.search(head)
    return joined and DROPPING.search(before) is not None


def _take_bare(said: Said, at: int) -> bool:
    """A Chinese condition whose verb comes last, or that only describes the rows: "年龄小于18岁的不要"."""
    if not BEGINS.search(said.draft.text[:at]):
        return False
    before = len(said.problems)
    taken = _take_described(said, at)
    if not taken:
        del said.problems[before:]
    return taken


def _take_described(said: Said, at: int) -> bool:
    found = _fitting(said, _in_words(said, at))
    if found is None or isinstance(found, str):
        return False
    text, end = found
    if said.draft.text[:at].rstrip().endswith("且") and "where" in said.slots:
        _add(said, text)
        said.draft.cut(at, end)
        return True
    for name, wanted in (("dropped_zh", False), ("kept_zh", True)):
        if suffix := _suffix(name).match(said.draft.text, end):
            _add(said, text if wanted else f"not ({text})")
            said.draft.cut(at, suffix.end())
            return True
    return False


def _add(said: Said, text: str) -> None:
    before = said.slots.get("where")
    said.slots["where"] = text if before is None else f"({text}) and ({before})"


def _in_words(said: Said, at: int) -> tuple[str, int] | None:
    """Comparisons in words, joined by and or or: "tenure is over 12 and region is not north"."""
    parts: list[str] = []
    found = _part(said, at)
    while found is not None:
        parts.append(found.text)
        joined, following = _joined(said.draft.text, found.end)
        following_one = _part(said, following, found.column) if joined and len(parts) < 2 * MOST_PARTS else None
        if following_one is None:
            return " ".join(parts), found.end
        parts.append(joined)
        found = following_one
    return None


def _part(said: Said, at: int, last: str = "") -> Comparison | None:
    """One comparison, or several in brackets."""
    opened = OPENED.match(said.draft.text, at)
    if opened is None:
        return comparison(said, at, last or None)
    inside = _in_words(said, opened.end())
    closed = CLOSED.match(said.draft.text, inside[1]) if inside else None
    return Comparison(f"({inside[0]})", "", closed.end()) if inside and closed else None


def _fitting(said: Said, found: tuple[str, int] | None) -> tuple[str, int] | str | None:
    """What was read, or why it does not fit the columns."""
    from tools.core.errors import DataRefused
    from tools.core.tables.expressions import condition

    if found is None or not forms(said):
        return found
    try:
        condition(found[0], forms(said))
    except DataRefused as exc:
        return exc.message
    return found


def _joined(text: str, at: int) -> tuple[str, int]:
    """The word that joins two comparisons, and where the next one begins."""
    for word, pattern in _joins():
        if match := pattern.match(text, at):
            return word, match.end()
    return "", at


def _take_labels(said: Said) -> None:
    """ "only female customers", "只要销售部和研发部的人": values that one column alone has."""
    owners: dict[str, list[str]] = {}
    for column, values in labels(said).items():
        for value in values:
            owners.setdefault(value.strip(), []).append(column)
    by_column: dict[str, list[str]] = {}
    for value, columns in owners.items():
        short = len(value) < 2 and value.isascii()
        if len(columns) == 1 and not short and not re.fullmatch(r"[\d.]+|yes|no|true|false", value, re.IGNORECASE):
            by_column.setdefault(columns[0], []).append(value)
    for column, values in by_column.items():
        _take_labels_of(said, column, values)


def _take_labels_of(said: Said, column: str, values: list[str]) -> None:
    data = phrases(FILE)["where"]
    value = "|".join(re.escape(v) for v in sorted(values, key=len, reverse=True))
    many = rf"(?P<v>(?:{value})(?:\s*(?:,|、|和|或|\band\b|\bor\b)\s*(?:{value}))*)"
    for name, wanted in (("label_en", True), ("label_zh", True), ("not_label_zh", False)):
        pattern = data[name].replace("{value}", many).replace("{nouns}", expand(data["nouns"]))
        for match in reversed(list(re.compile(pattern, re.IGNORECASE).finditer(said.draft.text))):
            named = [v for v in values if re.search(rf"(?<![A-Za-z]){re.escape(v)}(?![A-Za-z])", match["v"], re.I)]
            listed = ", ".join(map(literal, named))
            text = f"{reference(column)} == {listed}" if len(named) == 1 else f"{reference(column)} in ({listed})"
            _add(said, text if wanted else f"not ({text})")
            said.draft.cut(match.start(), match.end())


def _take_years(said: Said) -> None:
    """ "only rows from 2020 on": of the one column that tells the time."""
    data = phrases(FILE)["where"]
    en = [p.replace("{nouns}", data["nouns"]) for p in data["years_en"]]
    every = [Phrases([p], []) for p in en] + [Phrases([], [p]) for p in data["years_zh"]]
    for pattern in every:
        for match in reversed(list(pattern.finditer(said.draft.text))):
            bounds = _bounds(said, {name.rstrip("2"): value for name, value in match.groupdict().items() if value})
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
    symbol = next((symbol for symbol, words in phrases(FILE)["where"]["times"].items() if re.fullmatch(words, how)), "")
    if symbol or (not how and said.language == "zh"):
        return [(symbol or "==", first)]
    if how != "between":
        options = {
            "en": [f"rows from {first} on", f"rows in {first}"],
            "zh": [f"只用{first}年以后的行", f"只用{first}年的行"],
        }
        said.problems.append(ask(said.language, "which_reading", options[said.language]))
    return []


def _take_time(said: Said, bounds: list[tuple[str, str]]) -> None:
    years, dates = _time_columns(said)
    if len(years) != 1 and len(years) + len(dates) != 1:
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
def _of_table() -> re.Pattern[str]:
    """ "Use only the rows of x.csv with beds > 2": the table stands between the rows and their condition."""
    nouns = expand(phrases(FILE)["where"]["nouns"])
    return re.compile(
        rf"(?P<head>(?:\b(?:only|just|use|take|keep|train on|with)\s+)*(?:the\s+|those\s+)?\b{nouns})"
        rf"\s+(?:of|in|from)\s+(?:the\s+)?(?P<table>[{PATHS}])(?P<tail>\s+(?:where|with|whose|having|that have)\b)",
        re.IGNORECASE,
    )


@cache
def _heads(which: str) -> Phrases:
    data = phrases(FILE)["where"]
    return Phrases([p.replace("{nouns}", data["nouns"]) for p in data[f"{which}_en"]], data[f"{which}_zh"])


@cache
def _suffix(name: str) -> re.Pattern[str]:
    data = phrases(FILE)["where"]
    return re.compile(data[name].replace("{nouns_zh}", data["nouns_zh"]))


@cache
def _joins() -> list[tuple[str, re.Pattern[str]]]:
    data = phrases(FILE)["operators"]["joins"]
    return [(word, re.compile(rf"\s*(?:{p.replace(' ', chr(92) + 's+')})", re.IGNORECASE)) for word, p in data.items()]
