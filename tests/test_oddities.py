from pathlib import Path

import pandas as pd
import pytest
from tables import Bench, customers

from tools.core.errors import DataRefused
from tools.core.tables.columns import Column, infer_columns, summarised
from tools.core.tables.oddities import WORDINGS, Oddity


def _summary(**cells):
    return summarised(infer_columns(pd.DataFrame(cells, dtype=object)))


def _odd(name, *odd) -> Column:
    return Column(name=name, kind="numeric", storage="real", missing=0, unique=9, odd=list(odd))


def test_equal_oddities_of_many_columns_are_one_sentence():
    padded = {f"c{at}": [" a", " b", " a"] for at in range(9)}
    said = "9 columns have blanks around their values, which are trimmed: c0, c1, c2, c3 and 5 more."
    assert _summary(**padded) == [said]


def test_the_oddity_of_one_column_keeps_its_own_sentence():
    frame = pd.DataFrame({"a": [" x", "y", "x"], "b": ["x", "y", "x"]})
    columns = infer_columns(frame)
    assert summarised(columns) == columns[0].oddities and "1 of its values" in columns[0].oddities[0]


def test_the_most_important_comes_first():
    rows = range(200)
    said = _summary(
        padded=[f" {'ab'[i % 2]}" for i in rows],
        sentinel=[str(i % 90) if i > 2 else "-999" for i in rows],
        stray=[str(i * 3) if i else "oops" for i in rows],
        mixed=[str(i) if i % 2 else f"w{i}" for i in rows],
    )
    starts = ("'mixed' mixes types", "'stray' is numeric but for 1 cell ('oops')", "'sentinel' holds -999", "'padded'")
    assert [sentence.startswith(start) for sentence, start in zip(said, starts, strict=True)] == [True] * 4


def test_the_worst_columns_are_named_with_what_is_odd_about_them():
    strays = [_odd(f"n{at}", Oddity(what="words", rows=at, shown=f"'w{at}'")) for at in range(1, 7)]
    assert summarised(strays) == [
        "6 columns are numeric but for some words, taken as missing: "
        "n6 ('w6'), n5 ('w5'), n4 ('w4'), n3 ('w3') and 2 more."
    ]
    gaps = [_odd(name, Oddity(what="gaps", rows=rows, share=rows / 100)) for name, rows in (("a", 20), ("b", 97))]
    assert summarised(gaps) == ["2 columns are missing in many rows: b (97%), a (20%)."]


def test_there_are_at_most_eight_short_sentences_whatever_columns_are_called():
    every = [Oddity(what=what, rows=3, share=0.5, shown="'x'" * 50) for what in WORDINGS]
    said = summarised([_odd("{name} " * 30, *every) for _ in range(50)])
    assert len(said) == len(WORDINGS) == 8 and max(map(len, said)) < 500


def test_oddities_survive_json():
    columns = infer_columns(pd.DataFrame({"a": [" x", "y", "x"]}))
    again = [Column.model_validate_json(column.model_dump_json()) for column in columns]
    assert again == columns and summarised(again) == summarised(columns)


def test_a_shifted_row_and_a_total_are_named(tmp_path: Path) -> None:
    rows = [[str(n), "abc"[n % 3], f"{n}.5", "yes" if n % 2 else "no"] for n in range(300)]
    rows[200] = [*rows[200][1:], ""]
    rows.append(["Total", "", "", ""])
    bench = Bench(tmp_path)
    (tmp_path / "t.csv").write_text("\n".join(map(",".join, [["n", "kind", "x", "y"], *rows])), encoding="utf-8")
    found = bench("profile", path="t.csv")
    told = "2 rows do not fit the columns in several cells (row 201, 301 of the data)"
    assert [w.partition(":")[0] for w in found.warnings if "not fit the columns" in w] == [told]
    assert found.rows == 301
    assert not any("not fit" in w for w in bench("profile", path=bench.write("u.csv", customers())).warnings)


@pytest.mark.parametrize(
    ("values", "kind", "missing"),
    [
        ([f"{n}.5" if n % 20 else "1e400" for n in range(200)], "numeric", ["1e400"]),
        ([f"{n % 24:02d}:{n % 60:02d}" for n in range(200)], "datetime", []),
        (["16:9", "4:3"] * 100, "categorical", []),
        ([1_500_000_000 + n * 5000 for n in range(200)], "datetime", []),
    ],
)
def test_numbers_beyond_floats_clocks_and_epochs(values: list[object], kind: str, missing: list[str]) -> None:
    column = infer_columns(pd.DataFrame({"ship_time": pd.Series([str(v) for v in values], dtype=object)}))[0]
    assert (column.kind, column.missing_words) == (kind, missing)


def test_months_of_years_are_dates_in_a_column_that_says_so() -> None:
    texts = pd.Series([f"{n % 12 + 1:02d}/{n % 30:02d}" for n in range(200)], dtype=object)
    columns = infer_columns(pd.DataFrame({"issue_date": texts, "ratio": texts}))
    assert [column.kind for column in columns] == ["datetime", "categorical"]


@pytest.mark.parametrize(
    "text", ['[{"a": 1}]', "<!DOCTYPE html><html></html>", "<?xml version='1.0'?><a/>", '{"a": 1}']
)
def test_markup_is_no_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text * 3, encoding="utf-8")
    with pytest.raises(DataRefused, match="not a table"):
        Bench(tmp_path)("profile", path="t.csv")
