"""A dataset's table as a request wants it: more words for missing, other kinds, derived columns, some of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, cast

from service.derive import compute
from service.values import category_text
from tools.core.errors import DataRefused
from tools.core.tables.column import Column, Kind, Storage
from tools.core.tables.expressions import assignment, columns_in, condition, type_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

INPUT_KINDS = {"number": "numeric", "truth": "boolean", "moment": "datetime", "text": "text"}
DERIVED_KINDS = {"number": "numeric", "truth": "boolean", "moment": "datetime", "text": "categorical"}
STORAGE: dict[Kind, Storage] = {"numeric": "real", "boolean": "truth", "datetime": "moment"}


@dataclass
class Shaped:
    """A typed table, what its columns are, and which of them are worked out from others."""

    table: "pd.DataFrame"
    columns: dict[str, Column]
    texts: Mapping[str, "pd.Series[Any]"] = field(default_factory=dict)
    """Cells as they were written, of columns whose typed form keeps less than that."""
    derived: list[dict[str, Any]] = field(default_factory=list)
    """{name, kind, tree}, in the order in which they are worked out."""
    filtered: int = 0
    """Rows that do not meet `where`."""

    def raw(self, name: str) -> "pd.Series[Any]":
        """A column as it was written, as far as it is known."""
        return self.texts[name] if name in self.texts else self.table[name]


def shape(
    shaped: Shaped, missing: Sequence[str], kinds: Sequence[str], derive: Sequence[str], where: str | None
) -> Shaped:
    """Apply what was asked for, in this order; DataRefused where a column or an expression does not fit."""
    forced = dict(kind_of(text, shaped.columns) for text in kinds)
    for name in list(shaped.columns):
        _read_again(shaped, name, forced.get(name), {word.strip() for word in missing})
    for text in derive:
        _derive(shaped, text)
    if where is not None:
        _keep_rows(shaped, where)
    return shaped


def kind_of(text: str, columns: Mapping[str, Column]) -> tuple[str, Kind]:
    """Column and kind of `column=kind`."""
    from tools.core.tables.forcing import KINDS

    name, sign, kind = (part.strip() for part in text.rpartition("="))
    if not sign or kind not in KINDS:
        raise DataRefused(f"{text!r} gives no kind.", f"Write COLUMN=KIND, KIND being {', '.join(KINDS)}.", "kinds")
    if name not in columns:
        raise_unknown(name, columns, "kinds")
    return name, cast(Kind, kind)


def check(columns: Mapping[str, Column], kinds: Sequence[str], derive: Sequence[str], where: str | None) -> None:
    """DataRefused where what is asked does not fit the columns, told without their rows."""
    known = dict(columns)
    for text in kinds:
        name, kind = kind_of(text, known)
        known[name] = known[name].model_copy(update={"kind": kind, "storage": STORAGE.get(kind, "text")})
    for text in derive:
        name, found = assignment(text, known)
        kind = cast(Kind, DERIVED_KINDS[found.type])
        known[name] = Column(name=name, kind=kind, storage=STORAGE.get(kind, "text"), missing=0, unique=2)
    if where is not None:
        condition(where, known)


def raise_unknown(name: str, columns: Mapping[str, Any], argument: str | None, what: str = "the dataset") -> NoReturn:
    """DataRefused for a column that is none, with the nearest."""
    from rapidfuzz import process
    from rapidfuzz.utils import default_process

    near = [match for match, *_ in process.extract(name, list(columns), limit=3, processor=default_process)]
    raise DataRefused(
        f"{name!r} is no column of {what}. The nearest is {near[0]!r}.",
        f"Columns with names like it: {', '.join(near)}.",
        argument,
    )


def _read_again(shaped: Shaped, name: str, kind: Kind | None, missing: set[str]) -> None:
    from tools.core.tables.columns import infer_column
    from tools.core.tables.convert import convert
    from tools.core.tables.forcing import forced

    column, raw = shaped.columns[name], shaped.raw(name)
    absent = _absent(column, raw, missing)
    if kind in (None, column.kind) and not absent.any():
        return
    series = raw.mask(absent)
    at = list(shaped.columns).index(name)
    found = infer_column(name, series, at) if kind is None else forced(name, series, kind)
    if absent.any():
        found.missing_words = sorted({*found.missing_words, *_spellings(missing)})
    shaped.columns[name] = found
    shaped.table[name] = convert(series.to_frame(name), [found])[name]


def _absent(column: Column, raw: "pd.Series[Any]", missing: set[str]) -> "NDArray[np.bool_]":
    """Which cells hold one of the words."""
    import numpy as np
    import pandas as pd

    if not missing:
        return np.zeros(len(raw), dtype=bool)
    if pd.api.types.is_numeric_dtype(raw.dtype) and not pd.api.types.is_bool_dtype(raw.dtype):
        numbers = [float(word) for word in missing if _is_number(word)]
        return np.asarray(np.isin(raw.to_numpy(dtype="float64", na_value=np.nan), numbers), dtype=bool)
    if pd.api.types.is_object_dtype(raw.dtype) or pd.api.types.is_string_dtype(raw.dtype):
        spelled = _spellings(missing)
        found = {text for text in raw.dropna().unique() if category_text(text) in spelled}
        return raw.isin(found).to_numpy(dtype=bool)
    return np.zeros(len(raw), dtype=bool)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _spellings(missing: set[str]) -> set[str]:
    """The words, and a number also as -999 and -999.0."""
    numbers = {float(word) for word in missing if _is_number(word)}
    return missing | {category_text(number) for number in numbers} | {repr(number) for number in numbers}


def _derive(shaped: Shaped, text: str) -> None:
    name, found = assignment(text, shaped.columns)
    kind = cast(Kind, DERIVED_KINDS[found.type])
    add_derived(shaped, name, kind, found.tree)
    shaped.derived.append({"name": name, "kind": kind, "tree": found.tree})


def add_derived(shaped: Shaped, name: str, kind: Kind, tree: dict[str, Any]) -> None:
    """Work a column out, and add it to the typed table."""
    import pandas as pd

    from tools.core.tables.convert import moments

    values = worked_out(tree, shaped)
    known = pd.Series(values, index=shaped.table.index, dtype=object if isinstance(values, list) else None)
    storage = STORAGE.get(kind, "text")
    known = moments(known) if kind == "datetime" else known.astype("boolean") if kind == "boolean" else known
    unique = int(known.nunique())
    shaped.table[name] = known
    shaped.columns[name] = Column(
        name=name,
        kind=kind if unique > 1 else "constant",
        storage=storage,
        missing=int(known.isna().sum()),
        unique=unique,
    )


def worked_out(tree: Mapping[str, Any], shaped: Shaped) -> Any:
    """The values of a tree on the rows of a table: a float array, or a list of texts and None."""
    return compute(tree, checked(shaped, columns_in(tree)), len(shaped.table))


def checked(shaped: Shaped, names: set[str]) -> dict[str, Any]:
    """Typed columns as the service's row checks give them."""
    from service.rows import check_columns
    from tools.core.learning.recipe import columns_of

    specs = [_spec(shaped.columns[name]) for name in sorted(names)]
    inputs = {"columns": specs, "ignored": []}
    return check_columns(inputs, columns_of(shaped.table, inputs), len(shaped.table)).columns


def _spec(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": INPUT_KINDS[type_of(column)],
        "missing": True,
        "canonical": column.canonical,
    }


def _keep_rows(shaped: Shaped, where: str) -> None:
    kept = worked_out(condition(where, shaped.columns).tree, shaped) == 1
    if not kept.any():
        raise DataRefused(f"No row meets {where!r}.", "Widen the condition.", "where")
    shaped.filtered = int((~kept).sum())
    shaped.table = shaped.table[kept]
    shaped.texts = {name: texts[kept] for name, texts in shaped.texts.items()}


def forms_of_sample(path: "Path") -> dict[str, Column]:
    """What the columns of a table file are, as its head shows them."""
    import pandas as pd

    from tools.core.tables.columns import infer_columns
    from tools.core.tables.reading import peek

    seen = peek(path)
    frame = pd.DataFrame({name: pd.Series(seen.sample[name], dtype=object) for name in seen.columns})
    return {column.name: column for column in infer_columns(frame)}
