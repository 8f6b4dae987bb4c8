"""The quick reader finds the exact reader's cells, or gives up: any text, any quotes, any damage."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tools.core.tables.dialect import Layout, Marks, records
from tools.core.tables.quick import SMALL, quick_columns
from tools.core.tables.reading import read_table

CELLS = st.text("ab1 .,;|\t\"'\n\r$é客\0", max_size=6) | st.sampled_from(["", " ", "12", "NA", '""', 'a"b', '"'])


def exact(text: str, mark: str) -> list[list[str]]:
    return [record.cells for record in records(text, Marks(mark), 0)]


def check(text: str, mark: str, width: int) -> bool:
    """Whether the quick reader read the text; what it read must be what the exact reader reads."""
    layout = Layout(Marks(mark), 0, width)
    found = quick_columns(text, layout, 0, width)
    if found is None:
        return False
    rows = exact(text, mark)
    assert all(len(row) == width for row in rows), text
    columns = [[None if cell != cell else cell for cell in column] for column in found]
    assert [list(row) for row in zip(*columns, strict=True)] == [[cell or None for cell in row] for row in rows]
    return True


@settings(deadline=None, max_examples=400)
@given(
    st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1)),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_written_tables(rows: list[list[str]], mark: str, end: str, quoting: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark, lineterminator=end, quoting=quoting).writerows(rows)
    check(text.getvalue(), mark, len(rows[0]))


@settings(deadline=None, max_examples=600)
@given(st.text('ab1,"\n\r ', max_size=40), st.integers(1, 4))
@example('a,"b"c\nd,e\n', 2)
@example('a,b"\nc,d\n', 2)
@example('"a\nb",c\nd,e\n', 2)
@example('a,"b\nc,d\n', 2)
@example('a,""b""\nc,d\n', 2)
@example("a,b\n,\n", 2)
@example("a,b\n\nc,d\n", 2)
def test_any_text(text: str, width: int) -> None:
    check(text, ",", width)


def test_usual_files_are_read_quickly_and_unusual_ones_all_the_same(tmp_path: Path) -> None:
    chance = random.Random(0)
    rows = [[str(n), f"Köln, {n % 7}", "" if n % 9 == 0 else f"{chance.random():.3f}"] for n in range(60_000)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["n", "town", "x"], *rows])
    assert len(text.getvalue()) > SMALL
    usual, ragged = tmp_path / "usual.csv", tmp_path / "ragged.csv"
    usual.write_text(text.getvalue(), encoding="utf-8")
    ragged.write_text(text.getvalue() + "1,2\n", encoding="utf-8")
    quick, slow = read_table(usual), read_table(ragged)
    assert quick.frame["town"].dtype == "category"
    assert slow.frame["town"].dtype == object
    assert quick.frame.astype(object).where(quick.frame.notna(), None).equals(slow.frame)
    assert any("set aside" in note for note in slow.notes)


@pytest.mark.parametrize("start", ["# a comment\n", "sep=;\n"])
def test_what_stands_above_the_table_is_skipped(tmp_path: Path, start: str) -> None:
    path = tmp_path / "t.csv"
    body = "".join(f"{n};{n % 5}.5;w{n % 3}\n" for n in range(120_000))
    path.write_text(f"{start}a;b;c\n{body}", encoding="utf-8")
    frame = read_table(path).frame
    assert (list(frame), len(frame), list(frame.iloc[0])) == (["a", "b", "c"], 120_000, ["0", "0.5", "w0"])
    assert frame["a"].dtype == "category"
