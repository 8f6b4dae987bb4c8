"""Which columns of a table somebody probably wants to predict, judged by names, places and few cells."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

STRONG = re.compile(
    r"(the |is |has )?(target|label|labels|class|classes|y|outcome|response|churn|churned|survived|default|"
    r"defaulted|fraud|attrition|diagnosis|species|result|exited|converted|purchased|subscribed|approved|"
    r"readmitted|cancelled|canceled)|.*(目标|标签|类别|流失|是否|违约|结果).*"
)
GOOD = re.compile(
    r"\b(target|label|class|outcome|churn|survived|default|fraud|price|income|salary|quality|rating|score|"
    r"grade|status|risk|attrition|sale price|saleprice|deposit|cancelled|canceled|clicked|click|sales|"
    r"revenue|demand|count|cnt|total|value|medv|credit|diabetes|rings)\b|价格|收入|工资|房价|销量|等级|评分|结局"
)
AVOIDED = re.compile(
    r"\b(id|uuid|guid|pid|key|no|nr|index|idx|name|date|time|datetime|timestamp|year|month|day|zip|phone|email|"
    r"address|url|latitude|longitude|lat|lon|comments?|description|unnamed)\b|编号|序号|姓名|日期|时间|地址|电话"
)
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")
CLEAR = 3.0
"""A lead of so many points over the next column makes a target clear-cut."""
ENOUGH = 3.0
"""Points below which a column is no likely target at all."""


def likely_targets(columns: list[str], sample: dict[str, list[str | None]], stem: str) -> list[str]:
    """Likely targets, best first: one when clear-cut, two or three when not, none without a sign."""
    scores = {name: _score(at, columns, sample.get(name, []), stem) for at, name in enumerate(columns)}
    ranked = sorted(columns, key=lambda name: -scores[name])
    likely = [name for name in ranked if scores[name] >= ENOUGH]
    alike = [name for name in ranked if likely and _names_the_same(name, likely[0]) and scores[name] > 0]
    if len(alike) < 2 and (len(likely) < 2 or scores[likely[0]] - scores[likely[1]] >= CLEAR):
        return likely[:1]
    near = [name for name in likely if scores[likely[0]] - scores[name] < CLEAR]
    return list(dict.fromkeys([*alike, *near] if len(alike) > 1 else near))[:3]


def _names_the_same(one: str, other: str) -> bool:
    """Whether two names share a telling word that is not all of them: of two incomes none is likelier by its place."""
    words = [plain_words(one), plain_words(other)]
    telling = {found[0] if (found := GOOD.search(word)) else word for word in words}
    return len(telling) == 1 and not any(GOOD.fullmatch(word) or STRONG.fullmatch(word) for word in words)


def _score(at: int, columns: Sequence[str], cells: Sequence[str | None], stem: str) -> float:
    values = [cell.strip() for cell in cells if cell and cell.strip() and cell.strip() != "?"]
    if len(set(values)) < 2:
        return 0.0
    named = 0.0 if _is_coordinate(columns[at], columns) else _by_name(columns[at], stem)
    points = named + _by_values(values)
    if at == len(columns) - 1:
        points += 0.0 if _is_coordinate(columns[at], columns) else 3.0
    elif at == 0 and len(columns) > 2:
        points += 0.5 if len(set(values)) <= 20 else 0.0
    return points


def _is_coordinate(name: str, columns: Sequence[str]) -> bool:
    """Whether `y` stands beside `x` as a measure rather than for what is to be predicted."""
    axes = {"x", "y", "z"}
    beside = {column.lower() for column in columns} & axes
    return name.lower() in axes and len(beside) > 1 and (name.lower() != "y" or "z" in beside)


def _by_name(name: str, stem: str) -> float:
    plain = plain_words(name)
    points = 6.0 if STRONG.fullmatch(plain) else 0.0
    if not points:
        points = 4.5 if GOOD.fullmatch(plain) else 2.0 if GOOD.search(plain) else 0.0
    if plain and len(plain) > 2 and re.search(rf"\b{re.escape(plain)}\b", plain_words(stem)):
        points += 3.0
    return points - (5.0 if AVOIDED.search(plain) and not STRONG.fullmatch(plain) else 0.0)


def plain_words(name: str) -> str:
    """Lower-case words: `SalePrice`, `sale_price` and `Sale.Price` are `sale price`."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\W_]+", " ", parted).strip().lower()


def _by_values(values: Sequence[str]) -> float:
    """Few values speak for a target; dates, prose and values that are all different against one."""
    distinct = set(values)
    if sum(bool(DATE.fullmatch(value)) for value in values[:50]) > len(values[:50]) / 2:
        return -5.0
    numeric = sum(_is_number(value) for value in distinct) > 0.9 * len(distinct)
    if len(distinct) == 2:
        return 1.5
    if len(distinct) <= 10:
        return 1.0 if not numeric else 0.5
    if numeric:
        return -2.0 if _is_counter(values) else 0.0
    return -4.0 if len(distinct) > 0.5 * len(values) else -1.5


def _is_number(text: str) -> bool:
    try:
        float(text.lstrip("$€£¥").replace(",", ""))
    except ValueError:
        return False
    return True


def _is_counter(values: Sequence[str]) -> bool:
    """Whether the values are whole numbers in steps of one, as row numbers are."""
    heads = values[:20]
    whole = len(heads) > 3 and all(value.isascii() and value.isdigit() for value in heads)
    return whole and all(int(b) - int(a) == 1 for a, b in pairwise(heads))
