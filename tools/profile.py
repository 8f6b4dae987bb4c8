"""profile: from a file to a dataset, and what is in it."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tools.core.context import Context
from tools.core.tool import Args, Result, tool


class ProfileArgs(Args):
    path: str
    """The table's file: CSV in any dialect, .csv.gz, Parquet or .xlsx."""
    name: str | None = None
    """What to call the dataset; the file's stem by default."""
    separator: str | None = None
    """The character between cells, when the guess is wrong."""
    encoding: str | None = None
    """The file's encoding, when the guess is wrong."""
    header: bool | None = None
    """Whether the first row holds the columns' names, when the guess is wrong."""
    sheet: str | None = None
    """The sheet of a workbook; the first by default."""


class ColumnFacts(BaseModel):
    name: str
    kind: str
    missing: int
    unique: int


class Profile(Result):
    dataset: str
    rows: int
    columns: list[ColumnFacts]
    targets: list[str]
    """Columns that are likely to be what one predicts, best first."""

    def headline(self) -> str:
        ids = [c.name for c in self.columns if c.kind == "id"]
        gaps = [f"{c.name} has {c.missing:,} missing" for c in self.columns if c.missing]
        told = [f"{', '.join(ids[:3])} {'is an id' if len(ids) == 1 else 'are ids'}"] if ids else []
        more = len(gaps) - 2
        told += gaps[:2] + ([f"{more} more column{'s have' if more > 1 else ' has'} gaps"] if more > 0 else [])
        extra = f" {'; '.join(told)}." if told else ""
        return f"{self.dataset} has {self.rows:,} rows and {len(self.columns):,} columns.{extra}"


@tool(effect="write")
def profile(args: ProfileArgs, context: Context) -> Profile:
    """Read a table: kinds of columns, missing values, likely targets, oddities."""
    from tools.core.files import sha256
    from tools.core.names import name_of, stem
    from tools.core.tables.columns import duplicates, infer_columns, summarised
    from tools.core.tables.convert import as_written, convert
    from tools.core.tables.reading import read_table
    from tools.core.tables.shifted import said, shifted_rows

    name = name_of(args.name or stem(args.path), "dataset's name")
    path = context.path(args.path)
    context.progress(0.1, "reading")
    raw = read_table(path, separator=args.separator, encoding=args.encoding, header=args.header, sheet=args.sheet)
    context.check()
    context.progress(0.5, "looking at the columns")
    columns = infer_columns(raw.frame)
    table = convert(raw.frame, columns)
    warnings = [*raw.notes, *summarised(columns), *said(shifted_rows(raw.frame, columns))]
    if twice := duplicates(table):
        warnings.append(f"{twice:,} rows stand in the table more than once.")
    facts = [ColumnFacts(name=c.name, kind=c.kind, missing=c.missing, unique=c.unique) for c in columns]
    targets = _targets(raw.frame, name)
    version = context.draw("dataset", name)
    result = Profile(dataset=f"{name}:{version}", rows=len(table), columns=facts, targets=targets, warnings=warnings)
    texts = as_written(raw.frame, columns)
    _keep(context, name, version, (table, texts), result, source(path, sha256(path), raw.dialect, args), columns)
    return result


def source(path: Path, digest: str, dialect: dict[str, Any], args: ProfileArgs) -> dict[str, Any]:
    """Where a dataset came from: the file, its hash and how it was read."""
    return {"path": str(path), "sha256": digest, "dialect": dialect, "args": args.model_dump()}


def _targets(frame: Any, name: str) -> list[str]:
    from tools.core.tables.targets import likely_targets

    head = frame.head(2000)
    missing = head.isna()
    sample = {str(c): [None if gap else str(v) for v, gap in zip(head[c], missing[c], strict=True)] for c in head}
    return likely_targets([str(c) for c in frame], sample, name)


def _keep(
    context: Context, name: str, version: int, tables: Any, result: Profile, origin: dict[str, Any], columns: Any
) -> None:
    from tools.core.journal import now
    from tools.core.learning.prepared import TABLE, TEXTS

    with context.store.staging() as folder:
        for table, file in zip(tables, (TABLE, TEXTS), strict=True):
            if table.shape[1]:
                table.to_parquet(folder / file, index=False)
        record = {
            "made": now(),
            "source": origin,
            "columns": [column.model_dump() for column in columns],
            "result": result.document(),
        }
        context.store.keep("dataset", name, version, folder, record)
