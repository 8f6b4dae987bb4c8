"""A Parquet file becomes a raw table; its columns keep their types."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.core.errors import DataRefused
from tools.core.tables.headers import named
from tools.core.tables.raw import Peek, RawTable, dialect, no_rows, peeked
from tools.core.tables.wording import listed


def read_parquet(path: Path) -> RawTable:
    """The whole table; DataRefused when it is damaged or has no rows."""
    import pyarrow.parquet as pq

    with _refused(path):
        table = pq.ParquetFile(path).read()
    names, notes = named([str(name) for name in table.column_names])
    frame = table.rename_columns(names).to_pandas(ignore_metadata=True, types_mapper=_nullable(table))
    if frame.empty:
        raise no_rows(path)
    frame = frame.astype({name: "float32" for name in frame if frame[name].dtype == "float16"})
    nested = _nested(names, table.schema)
    for name in nested:
        frame[name] = frame[name].map(lambda cell: None if cell is None else str(cell)).astype(object)
    if nested:
        notes.append(f"Columns that hold lists or records were taken as text: {listed(nested)}.")
    return RawTable(frame, dialect("parquet"), notes)


def peek_parquet(path: Path, rows: int) -> Peek:
    """The first rows, read without the rest and without pandas."""
    import pyarrow.parquet as pq

    with _refused(path):
        file = pq.ParquetFile(path)
        batch = next(file.iter_batches(batch_size=rows), None)
        columns = [batch.column(at).to_pylist() for at in range(batch.num_columns)] if batch else []
    names, _ = named([str(name) for name in file.schema_arrow.names])
    if not names or not columns or not columns[0]:
        raise no_rows(path)
    return peeked(names, columns)


def _nested(names: list[str], schema: Any) -> list[str]:
    import pyarrow as pa

    return [name for name, field in zip(names, schema, strict=True) if pa.types.is_nested(field.type)]


def _nullable(table: Any) -> Any:
    """Keep whole numbers and truth values with gaps what they are, instead of floats and objects."""
    import pandas as pd
    import pyarrow as pa

    gaps = {column.type for column in table.columns if column.null_count}
    whole = {t: pd.Int64Dtype() for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64()) if t in gaps}
    return {**whole, **({pa.bool_(): pd.BooleanDtype()} if pa.bool_() in gaps else {})}.get


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as exc:
        raise DataRefused(f"{path.name!r} is a damaged Parquet file.", "Write or copy it again.") from exc
