"""Reading another table for a model: its cells by the training columns' own forms, checked as posted rows are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.rows import Checked, check_columns
from service.spelling import misspelled
from tools.core.errors import DataRefused
from tools.core.store import Artifact
from tools.core.tables.columns import Column


def read_for(path: Path, forms: Mapping[str, Any], runtime: Any) -> tuple[Checked, Any]:
    """A table's checked columns and its raw frame, read by {dialect, columns} of the table that was trained on.

    A column that may not be missing and is absent is DataRefused.
    """
    from tools.core.learning.recipe import columns_of
    from tools.core.tables.convert import convert
    from tools.core.tables.reading import read_table

    dialect = forms.get("dialect", {})
    raw = read_table(path, header=dialect.get("header"))
    columns = [Column.model_validate(column) for column in forms["columns"]]
    _refuse_absent(path, [str(name) for name in raw.frame], runtime.inputs)
    there = [column for column in columns if column.name in raw.frame]
    table = convert(raw.frame, there, keep_bad=True)
    for column in columns:
        if column.name not in table:
            table[column.name] = None
    return check_columns(runtime.inputs, columns_of(table, runtime.inputs), len(table)), raw.frame


def target_of(frame: Any, prepared: Artifact, runtime: Any, path: str) -> Any:
    """The target's values in a raw frame; DataRefused where it is absent, or holds something else."""
    from tools.core.learning.labels import to_codes

    name = prepared.record["target_column"]["name"]
    values = _worked_out(frame, prepared, path)[name]
    if values.isna().any() or (runtime.labels and (to_codes(values, runtime.labels) < 0).any()):
        raise DataRefused(
            f"{name!r} of {path!r} has missing values or labels that the model does not know.", "Leave those rows away."
        )
    return values


def weights_of(frame: Any, prepared: Artifact, path: str) -> Any:
    """How much each row counts, as an array, or None where all count the same."""
    name = prepared.record["arguments"]["weight_column"]
    if name is None:
        return None
    from tools.core.learning.rows import relative

    weights = _worked_out(frame, prepared, path)[name].to_numpy(dtype="float64", na_value=-1.0)
    if (weights < 0).any() or not weights.sum():
        raise DataRefused(f"{name!r} of {path!r} is missing or below 0 in some rows.", "Leave those rows away.")
    return relative(weights)


def _worked_out(frame: Any, prepared: Artifact, path: str) -> Any:
    """Target and weights as a typed table, derived ones worked out again."""
    from tools.core.learning.recipe import needed_for
    from tools.core.learning.shaping import Shaped, add_derived
    from tools.core.tables.convert import convert

    columns = [Column.model_validate(column) for column in prepared.record["outcome"]]
    for column in columns:
        if column.name not in frame:
            raise DataRefused(f"{path!r} has no column {column.name!r}, which a score needs.", "Add the true values.")
    shaped = Shaped(convert(frame, columns), {column.name: column for column in columns})
    scored = [prepared.record["target_column"]["name"], prepared.record["arguments"]["weight_column"]]
    for made in needed_for(scored, prepared.record["derived"]):
        add_derived(shaped, made["name"], made["kind"], made["tree"])
    return shaped.table


def _refuse_absent(path: Path, names: list[str], inputs: Any) -> None:
    wanted = {column["name"]: column["missing"] for column in inputs["columns"]}
    absent = [name for name in wanted if name not in names]
    for name in names:
        if name not in wanted and name not in inputs["ignored"] and (right := misspelled(name, absent)):
            raise DataRefused(f"{path.name!r} has a column {name!r} where {right!r} is expected.", "Rename it.")
    needed = [name for name in absent if not wanted[name]]
    if needed:
        shown = ", ".join(map(repr, needed[:5])) + (", …" if len(needed) > 5 else "")
        raise DataRefused(f"{path.name!r} lacks columns that the model needs: {shown}.", "Add them.")


def learned_share(checked: Checked, target: Any, prepared: Artifact, runtime: Any) -> float:
    """The share of a table's rows that stand among the training rows, target included."""
    import numpy as np
    import pandas as pd

    from tools.core.learning.prepared import training_rows
    from tools.core.learning.recipe import columns_of
    from tools.core.learning.split import row_keys

    rows = training_rows(prepared)
    known = check_columns(runtime.inputs, columns_of(rows.frame, runtime.inputs), len(rows.frame))

    def keys(columns: dict[str, Any], values: Any) -> Any:
        texts = [str(value) for value in values]
        return row_keys(pd.DataFrame({str(n): list(c) for n, c in enumerate(columns.values())}).assign(target=texts))

    return float(np.isin(keys(checked.columns, target), keys(known.columns, rows.target)).mean())
