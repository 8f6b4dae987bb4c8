"""How the rows of a table belong together: by a thing that has several of them, or by the order of time.

Told from names, values and places alone; nobody looks at the target before the test set is sealed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.core.tables.column import Column
from tools.core.tables.targets import plain_words

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

THINGS = (
    "patient|subject|participant|person|individual|customer|client|user|member|household|family|session|trip|storm"
    "|animal|student|employee|machine|device|vehicle|account|policy|visit|listing|advert|storm name|track"
)
THINGS_ZH = "用户|客户|患者|病人|会员|学生|员工|设备|账户"
THING = re.compile(
    rf"(.* )?(id|uuid|guid|pid|key)|({THINGS})( (no|nr|number|code))?"
    rf"|.*(编号|学号|工号|账号|卡号|身份证号?)|.*({THINGS_ZH})(号|id)?"
)
"""Names of columns that tell which thing a row is about, in plain words."""
TIME = re.compile(
    r"(.* )?(date|day|week|month|year|time|timestamp|datetime|period|step)( .*)?|.*(日期|时间|年份?|月份?|日)"
)
PAST = re.compile(r"\b(birth|birthday|dob|born|hired?|joined|built|founded|opened|registered)\b|出生|生日|入职")
"""Dates of the thing a row is about, rather than of the row."""
PARTS = ("year", "month", "day", "hour", "minute")
FEWEST_GROUPS = 10
FEWEST_MOMENTS = 20
LARGEST_GROUP = 0.2
SMALL_GROUPS = 8
"""Groups of so few rows on average are repeated measurements; larger ones only where their rows stand together."""
TOGETHER = 0.8
IN_ORDER = 0.999


@dataclass(frozen=True)
class Order:
    """Rows in the order of time: the columns that tell it, and a number for each row that grows with it."""

    columns: tuple[str, ...]
    times: "NDArray[np.float64]"


def grouping(table: "pd.DataFrame", columns: Mapping[str, Column]) -> tuple[str | None, str]:
    """The column whose values each have several rows that belong together; and, where there is none, why not."""
    found = [name for name, column in columns.items() if _tells_things(table, name, column)]
    apart = [name for name in found if not any(_nested(table, name, other) for other in found if other != name)]
    if len(apart) > 1:
        return None, f"{' and '.join(apart[:3])} cross each other: each stays a feature"
    return (apart[0], "") if apart else (None, "")


def time_order(table: "pd.DataFrame", columns: Mapping[str, Column]) -> Order | None:
    """The order of time that the rows of a table stand in, or None."""
    import numpy as np

    for name, column in columns.items():
        if not _tells_time(name, column):
            continue
        times = times_of(table[name], column)
        if times is not None and _in_order(times):
            return Order((name,), times)
    parts = {part: name for name in columns for part in PARTS if plain_words(name) == part}
    if len(parts) > 1 and "year" in parts:
        times = np.zeros(len(table))
        for part in PARTS[: len(parts)]:
            values = times_of(table[parts[part]], columns[parts[part]]) if part in parts else None
            if values is None:
                return None
            times = times * 100 + values
        if _in_order(times):
            return Order(tuple(parts[p] for p in PARTS if p in parts), times)
    return None


def times_of(values: "pd.Series[Any]", column: Column) -> "NDArray[np.float64] | None":
    """A number that grows with time, NaN where it is missing; None where the column holds neither times nor numbers."""
    import numpy as np

    if column.storage == "moment":
        stamps = values.to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(stamps), np.nan, stamps.astype("int64").astype("float64"))
    if column.storage in ("integer", "real"):
        return np.asarray(values.to_numpy(dtype="float64", na_value=np.nan))
    return None


def counts_the_rows(column: Column, values: "pd.Series[Any]") -> bool:
    """Whether an id only says in which row of the file it stands."""
    if column.kind != "id" or column.storage != "integer" or column.unique != len(values):
        return False
    return int(values.max()) - int(values.min()) + 1 == len(values)


def _tells_things(table: "pd.DataFrame", name: str, column: Column) -> bool:
    if column.storage not in ("integer", "text") or column.kind in ("constant", "boolean", "text"):
        return False
    known = len(table) - column.missing
    if not THING.fullmatch(plain_words(name)) or known < 0.8 * len(table):
        return False
    counts = table[name].value_counts()
    if not FEWEST_GROUPS <= len(counts) <= 0.995 * known or counts.iloc[0] > LARGEST_GROUP * known:
        return False
    return bool(known / len(counts) <= SMALL_GROUPS or _stand_together(table[name], len(counts)) >= TOGETHER)


def _stand_together(values: "pd.Series[Any]", groups: int) -> float:
    """1 where the rows of each value are neighbours, 0 where none are."""
    changes = int((values != values.shift()).sum())
    return 1 - (changes - groups) / max(1, len(values) - groups)


def _nested(table: "pd.DataFrame", fine: str, coarse: str) -> bool:
    """Whether each value of `fine` belongs to one of `coarse`."""
    return bool((table.groupby(fine)[coarse].nunique() <= 1).mean() > 0.99)


def _tells_time(name: str, column: Column) -> bool:
    if column.kind == "constant" or PAST.search(plain_words(name)):
        return False
    return column.storage == "moment" or (
        column.storage in ("integer", "real") and TIME.fullmatch(plain_words(name)) is not None
    )


def _in_order(times: "NDArray[np.float64]") -> bool:
    import numpy as np

    known = times[~np.isnan(times)]
    if len(known) < 0.95 * len(times) or len(np.unique(known)) < FEWEST_MOMENTS:
        return False
    steps = np.diff(known)
    return bool(max((steps >= 0).mean(), (steps <= 0).mean()) >= IN_ORDER)


def in_words(names: Sequence[str]) -> str:
    """Columns as a sentence lists them."""
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
