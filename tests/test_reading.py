import bz2
import csv
import gzip
import io
import lzma
import os
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.core.errors import BadArguments, DataRefused, EkibenError, NotFound
from tools.core.tables.reading import peek, read_table

CHURN = Path(__file__).parent.parent / "examples" / "churn.csv"


def _put(folder: Path, data: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def _rows(path: Path, **options):
    return read_table(path, **options).frame.values.tolist()


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(tmp_path, mark, end):
    path = _put(tmp_path, end.join(mark.join(row) for row in (["a", "b"], ["x", "1"], ["y", "2"])) + end)
    raw = read_table(path)
    assert raw.frame.values.tolist() == [["x", "1"], ["y", "2"]] and list(raw.frame) == ["a", "b"]
    assert raw.dialect["separator"] == mark and raw.notes == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode(tmp_path, encoding):
    text = "näme,b\n客户,1\nß,2\n" if "16-" not in encoding else "näme,b\nsome,1\nß,2\n"
    assert list(read_table(_put(tmp_path, text.encode(encoding))).frame) == ["näme", "b"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "name,city\nJürgen,Köln\nMaría,Málaga\n"),
        ("cp1252", "a,b\nnaïve,1\n"),
        ("cp1252", "temp;n\n5°C;1\n6°C;2\n"),
        ("cp1252", "stadt;preis\nMünchen;1,5 €\nZürich;2\n"),
        ("cp1252", "city,n\nSão Paulo,1\nBrasília,2\n"),
        ("gb18030", "姓名,城市\n张伟,北京\n王芳,上海\n"),
        ("gb18030", "a,b\n苹果,1\n香蕉,2\n"),
        ("gb18030", "省份,n\n黑龙江,1\n内蒙古,2\n新疆,3\n"),
        ("cp949", "이름,도시\n김철수,서울\n박영희,부산\n"),
        ("cp949", "과일,가격\n사과,1\n바나나,2\n"),
        ("cp1251", "имя,город\nИван,Москва\nАнна,Казань\n"),
    ],
)
def test_older_encodings_are_told_apart_even_in_short_files(tmp_path, encoding, text):
    raw = read_table(_put(tmp_path, text.encode(encoding)))
    assert raw.dialect["encoding"] == encoding and encoding in raw.notes[0]
    assert raw.frame.iloc[-1, 0] == text.splitlines()[-1].replace(";", ",").split(",")[0]


def test_a_few_broken_bytes_do_not_change_the_encoding(tmp_path):
    raw = read_table(_put(tmp_path, "名,数\n".encode() + "北京,1\n".encode() * 50 + b"\xff,2\n"))
    assert raw.dialect["encoding"] == "utf-8" and "replaced" in raw.notes[0] and len(raw.frame) == 51


def test_quotes(tmp_path):
    path = _put(tmp_path, '"a","b"\n"x, y","he said ""hi"""\n"l1\nl2",z\n')
    assert _rows(path) == [["x, y", 'he said "hi"'], ["l1\nl2", "z"]]
    assert _rows(_put(tmp_path, "'a','b'\n'x, y','z'\n'x','q'\n"))[0] == ["x, y", "z"]
    assert _rows(_put(tmp_path, 'a, "b"\n1, "x, y"\n2, "z"\n'))[0] == ["1", "x, y"]


def test_cells_stand_as_in_the_file_and_empty_is_none(tmp_path):
    assert _rows(_put(tmp_path, "a,b,c\n x ,,007\nNA,1.50,?\n")) == [
        [" x ", None, "007"],
        ["NA", "1.50", "?"],
    ]


def test_decimal_commas_do_not_look_like_separators(tmp_path):
    raw = read_table(_put(tmp_path, "a;b\n1,5;2,5\n3,5;4,5\n"))
    assert raw.dialect["separator"] == ";" and raw.frame.shape == (2, 2)


def test_packed_files(tmp_path):
    data = b"a,b\n1,x\n2,y\n"
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("folder/t.csv", data)
    packed = [_put(tmp_path, f.compress(data), n) for f, n in ((gzip, "a.gz"), (bz2, "a.bz2"), (lzma, "a.xz"))]
    for path in [tmp_path / "t.zip", *packed]:
        assert _rows(path) == [["1", "x"], ["2", "y"]] and peek(path).sample["b"] == ["x", "y"]


def test_several_tables_in_one_zip_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a.csv", "1")
        archive.writestr("b.csv", "2")
    with pytest.raises(DataRefused, match=r"a\.csv"):
        read_table(tmp_path / "t.zip")


def test_parquet(tmp_path):
    frame = pd.DataFrame({"i": pd.array([1, None], dtype="Int64"), "s": ["a", None], "f": [0.5, 1.5]})
    frame.to_parquet(tmp_path / "t.parquet")
    raw = read_table(tmp_path / "t.parquet")
    assert str(raw.frame["i"].dtype) == "Int64" and raw.dialect["format"] == "parquet"
    assert peek(tmp_path / "t.parquet").sample == {"i": ["1", None], "s": ["a", None], "f": ["0.5", "1.5"]}


def test_workbook(tmp_path):
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"n": [1, 2], "d": [datetime(2024, 1, 1)] * 2, "s": ["a", None]}).to_excel(
            book, sheet_name="one", index=False
        )
        pd.DataFrame({"z": [3.5, 4]}).to_excel(book, sheet_name="two", index=False)
    raw = read_table(path)
    assert raw.frame["n"].tolist() == [1, 2] and str(raw.frame["d"][0])[:10] == "2024-01-01"
    assert raw.dialect["sheet"] == "one" and "'two'" in raw.notes[0]
    assert read_table(path, sheet="two").frame["z"].tolist() == [3.5, 4.0]
    assert peek(path).columns == ["n", "d", "s"]
    with pytest.raises(DataRefused, match="three"):
        read_table(path, sheet="three")


@pytest.mark.parametrize(
    ("text", "headed"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n4.7,3.2,virginica\n", False),
        ("vhigh,2,low\nvhigh,4,low\nlow,2,high\nlow,4,low\n", False),
        ("1,2,3\n4,5,6\n7,8,9\n", False),
        ("country,2019,2020,2021\nDE,1,2,3\nFR,2,3,4\n", True),
        ("0,1,2\n5,6,7\n8,9,1\n", True),
        ("name,city\nAda,London\nBob,Paris\n", True),
        ("a,b\n?,1\n2,3\n", True),
    ],
)
def test_the_row_of_names_is_found_or_missed(tmp_path, text, headed):
    raw = read_table(_put(tmp_path, text))
    assert raw.dialect["header"] is headed
    if not headed:
        assert list(raw.frame)[:2] == ["column_0", "column_1"] and len(raw.frame) == text.count("\n")
    assert list(read_table(_put(tmp_path, text), header=not headed).frame) != list(raw.frame)


def test_names_are_cleaned_and_unique(tmp_path):
    raw = read_table(_put(tmp_path, 'a,a,a.2,, g ,"e\nf",😀\n1,2,3,4,5,6,7\n'))
    assert list(raw.frame) == ["a", "a.3", "a.2", "column_3", "g", "e f", "😀"] and len(raw.notes) == 2


def test_titles_comments_and_sep_lines_are_skipped_with_a_note(tmp_path):
    for top in ("Report 2024\n\n", "# made by x\n# again\n", "sep=,\n"):
        raw = read_table(_put(tmp_path, top + "a,b,c\n1,2,3\n4,5,6\n"))
        assert list(raw.frame) == ["a", "b", "c"] and "starts at line" in raw.notes[0]
    assert list(read_table(_put(tmp_path, "#,Name,T\n1,B,G\n2,I,G\n")).frame) == ["#", "Name", "T"]


def test_few_ragged_rows_are_set_aside_and_many_refused(tmp_path):
    raw = read_table(_put(tmp_path, "a,b,c\n" + "1,2,3\n" * 200 + "1,2\n" + "4,5,6\n" * 99))
    assert len(raw.frame) == 299 and "line 202" in raw.notes[0]
    with pytest.raises(DataRefused, match="line 3 has 2 cells where 3"):
        read_table(_put(tmp_path, "a,b,c\n1,2,3\n1,2\n1,2,3\n"))


def test_ends_of_lines_and_files(tmp_path):
    assert list(read_table(_put(tmp_path, "a,b,\n1,2,\n3,4,\n")).frame) == ["a", "b"]
    assert list(read_table(_put(tmp_path, "a,b\n1,2,\n3,4,\n")).frame) == ["a", "b"]
    raw = read_table(_put(tmp_path, "a,b\n1,2\n,\n,\n\n"))
    assert len(raw.frame) == 1 and "2 rows without any value" in raw.notes[0]
    assert _rows(_put(tmp_path, "a\n1\n\n3\n\n\n")) == [["1"], [None], ["3"]]


def test_one_column_of_prose(tmp_path):
    rows = _rows(_put(tmp_path, "review\nhello, world\nfoo\nbar, baz, qux\n"))
    assert rows == [["hello, world"], ["foo"], ["bar, baz, qux"]]


REFUSED = {
    "empty": b"",
    "blank": b"\n\n  \n",
    "header only": b"a,b\n",
    "program": b"\x7fELF\x02\x01\x01" + bytes(200),
    "image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "pdf": b"%PDF-1.4\n1 0 obj",
    "pickle": b"\x80\x04\x95\x0b\x00\x00",
    "sqlite": b"SQLite format 3\x00" + bytes(50),
    "parquet": b"PAR1" + bytes(range(100)) + b"PAR1",
    "workbook": b"PK\x03\x04" + bytes(range(200)),
    "packed": gzip.compress(b"a,b\n1,2\n" * 900)[:40],
    "unclosed quote": b'a,b\n1,"x\n2,y\n3,z\n',
    "only quotes": b'"',
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path, case):
    path = _put(tmp_path, REFUSED[case])
    for read in (read_table, peek):
        with pytest.raises(DataRefused) as refusal:
            read(path)
        assert "t.csv" in refusal.value.message and refusal.value.hint


def test_what_is_not_there_has_a_hint(tmp_path):
    _put(tmp_path, "a\n1\n", "churn.csv")
    with pytest.raises(NotFound) as refusal:
        read_table(tmp_path / "chrun.csv")
    assert "'churn.csv'" in refusal.value.hint
    for path in (tmp_path / "no" / "where.csv", tmp_path / ("x" * 300), Path("a\0b")):
        with pytest.raises(NotFound):
            peek(path)
    with pytest.raises(DataRefused, match="folder"):
        read_table(tmp_path)


def test_a_forbidden_file_is_refused():
    """Root may read everything, so it becomes nobody for the time of the test."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = _put(Path(folder), "a\n1\n")
        path.chmod(0)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(DataRefused, match="may not be read"):
                read_table(path)
        finally:
            os.seteuid(before)


def test_wrong_arguments(tmp_path):
    path = _put(tmp_path, "a,b\nJürgen,1\n".encode("cp1252"))
    with pytest.raises(DataRefused, match="line 2"):
        read_table(path, encoding="utf-8")
    for options in ({"encoding": "klingon"}, {"encoding": "rot13"}, {"separator": "::"}):
        with pytest.raises(BadArguments):
            read_table(path, **options)
    assert read_table(path, separator="comma", encoding="latin-1").frame.iloc[0, 0] == "Jürgen"


def test_peek_agrees_with_read_table_and_imports_no_pandas(tmp_path):
    raw = read_table(CHURN)
    seen = peek(CHURN, 50)
    assert seen.columns == list(raw.frame) and seen.sample["Churn"] == raw.frame["Churn"].tolist()[:50]
    code = "import sys; from pathlib import Path; from tools.core.tables.reading import peek; peek(Path(sys.argv[1]));"
    code += "sys.exit(sum(m in sys.modules for m in ('pandas', 'numpy', 'duckdb', 'charset_normalizer')))"
    root = {**os.environ, "PYTHONPATH": str(CHURN.parent.parent)}
    assert subprocess.run([sys.executable, "-c", code, str(CHURN)], env=root, check=False).returncode == 0


def test_peek_reads_only_the_head(tmp_path):
    path = _put(tmp_path, "a,b\n" + "1,x\n" * 600_000)
    assert len(peek(path, 10).sample["a"]) == 10


CELLS = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Zl", "Zp"]), max_size=8) | st.sampled_from(
    ["a,b", 'say "x"', "l1\nl2", "l1\r\nl2", "1,5", "; ;", "tab\there", "1", "2.5", "|", "ok", "", "x y"]
)


@st.composite
def _tables(draw):
    width = draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))
    return [[f"name{at}" for at in range(width)], *rows]


@given(
    _tables(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back_cell_by_cell(table, mark, end, encoding):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    kept = table[1:]
    while kept and not any(cell.strip() for cell in kept[-1]):
        kept.pop()
    with tempfile.TemporaryDirectory() as folder:
        path = _put(Path(folder), text.getvalue().encode(encoding))
        if not kept:
            with pytest.raises(DataRefused):
                read_table(path, header=True)
            return
        raw = read_table(path, separator=mark, header=True)
    assert list(raw.frame) == table[0]
    assert raw.frame.values.tolist() == [[cell or None for cell in row] for row in kept]


WORDS = st.sampled_from(["alpha", "it's", "12", "3.5", "-1", "2024-01-02", "yes", "北京", "x y", 'say "x"', "a,b;c"])


@given(
    st.integers(2, 6).flatmap(lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=3)),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-16", "gb18030"]),
)
@settings(max_examples=100, deadline=None)
def test_the_dialect_is_found(rows, mark, encoding):
    names = [f"name{at}" for at in range(len(rows[0]))]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark).writerows([names, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = _put(Path(folder), text.getvalue().encode(encoding))
        raw, seen = read_table(path), peek(path)
    assert list(raw.frame) == seen.columns == names and raw.frame.values.tolist() == rows


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_random_bytes_are_read_or_refused(data):
    with tempfile.TemporaryDirectory() as folder:
        path = _put(Path(folder), data)
        for read in (read_table, peek):
            try:
                read(path)
            except EkibenError as refusal:
                assert refusal.message
