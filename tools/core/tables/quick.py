"""The usual text file, read by pyarrow: the same cells as the exact reader finds, many times faster, or nothing.

Usual is: rows of one width, no empty line, quotes only around whole cells. The rest is for the exact reader.
"""

import re
from typing import TYPE_CHECKING, Any

from tools.core.tables.dialect import SEPARATORS, Layout

if TYPE_CHECKING:
    import pandas as pd

SMALL = 1 << 20
"""Characters of a text that the exact reader reads as fast."""
BLANK_LINE = re.compile(r"(?:\A|\n)[ \t\f\v]*\r?\n")
BLOCK = 8 << 20


def quick_columns(text: str, layout: Layout, first: int, width: int) -> "list[pd.Series[Any]] | None":
    """The columns from line `first` (0 is the text's first) on, each a category of texts; None for an unusual file."""
    if not _is_usual(text, layout):
        return None
    start = _offset(text, first)
    try:
        data = text[start:].encode() if start else text.encode()
    except UnicodeEncodeError:
        return None
    return _parsed(data, layout.marks.separator, width)


def _is_usual(text: str, layout: Layout) -> bool:
    marks = layout.marks
    if marks.separator not in SEPARATORS or marks.quote != '"' or marks.skip_blanks:
        return False
    if "\0" in text or (text.count("\r") != text.count("\r\n") if "\r" in text else False):
        return False
    end = text.rstrip("\r\n")
    last = end[end.rfind("\n") + 1 :]
    if not last.strip(f'{marks.separator} \t"') or len(text) - len(end) > 2 or BLANK_LINE.search(text):
        return False
    mark = re.escape(marks.separator)
    return '"' not in text or re.search(rf'[^\n"{mark}]"[^\r\n"{mark}]', text) is None


def _offset(text: str, lines: int) -> int:
    at = 0
    for _ in range(lines):
        at = text.index("\n", at) + 1
    return at


def _parsed(data: bytes, separator: str, width: int) -> "list[pd.Series[Any]] | None":
    import pyarrow as pa
    from pyarrow import csv

    names = [str(at) for at in range(width)]
    words = pa.dictionary(pa.int32(), pa.string())
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            read_options=csv.ReadOptions(column_names=names, block_size=BLOCK, use_threads=True),
            parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=b'"' in data),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, words)),
        )
    except pa.ArrowException:
        return None
    return [_category(table.column(at)) for at in range(width)]


def _category(column: Any) -> "pd.Series[Any]":
    """Codes into texts; an empty text is missing."""
    import numpy as np
    import pandas as pd

    whole = column.unify_dictionaries().combine_chunks()
    texts = whole.dictionary.to_pylist()
    codes = whole.indices.to_numpy(zero_copy_only=False)
    if "" in texts:
        empty = texts.index("")
        del texts[empty]
        codes = np.where(codes == empty, -1, codes - (codes > empty))
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object)), copy=False)
