from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from service.values import parse_moment, parse_number
from tools.core.tables.columns import Column, duplicates, infer_columns
from tools.core.tables.convert import convert
from tools.core.tables.reading import read_table

CHURN = Path(__file__).parent.parent / "examples" / "churn.csv"


def _texts(cells, name="x"):
    return pd.DataFrame({name: pd.Series(list(cells), dtype=object)})


def _column(cells, name="x") -> Column:
    return infer_columns(_texts(cells, name))[0]


def _values(cells, name="x", **options):
    frame = _texts(cells, name)
    return convert(frame, infer_columns(frame), **options)[name]


def _is(column, kind, storage):
    return (column.kind, column.storage) == (kind, storage)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["$4.99", "$1,234.50", "0"], 4.99),
        (["1.234,56", "2,5", "3,25"], 1234.56),
        (["0,5", "12,25", "7"], 0.5),
        (["1,234", "12,000", "5"], 1234.0),
        (["12%", "13.5%", "1%"], 12.0),
        (["19M", "201k", "3M"], 19e6),
        (["10,000+", "500+", "1,000+"], 10000.0),
        (["12 kg", "13.5 kg", "1 kg"], 12.0),
        (["36 months", "60 months", "1 month"], 36.0),
        (["1 234,5", "12 000", "3"], 1234.5),
        (["(5)", "7", "8"], -5.0),
    ],
)
def test_dressed_numbers_are_numeric_and_the_service_reads_them_alike(cells, first):
    column = _column(cells)
    assert column.kind == "numeric"
    values = _values(cells)
    assert values.iloc[0] == first
    assert [parse_number(cell, column.number) for cell in cells] == values.tolist()


@pytest.mark.parametrize(
    "cells",
    [
        ["A11", "A12", "A13"] * 5,
        ["z95838", "z95823", "z95838"] * 5,
        ["01234", "04321", "99999"] * 5,
        ["1-2", "10-19", "3-4"] * 5,
        ["[10.000-15.000)", "[15.000-20.000)"] * 5,
        ["$5", "€5", "$6", "€7"] * 5,
        ["1 kg", "500 g", "2 kg"] * 5,
        ["1st", "2nd", "3rd"] * 5,
        ["10.0.0.1", "10.0.0.2", "10.1.0.1"] * 5,
    ],
)
def test_codes_ranges_and_mixed_units_are_categories(cells):
    assert _is(_column(cells), "categorical", "text")


def test_whole_numbers_with_gaps_are_integers():
    column = _column(["6.0", "148.0", "", None, "35.0"])
    assert _is(column, "numeric", "integer") and column.missing == 2
    assert str(_values(["6.0", None]).dtype) == "Int64"
    assert str(_values(["6", "7"]).dtype) == "int64"


def test_few_stray_words_become_missing_and_are_named():
    column = _column([str(i) for i in range(200)] + ["oops"])
    assert column.kind == "numeric" and column.missing == 1 and column.missing_words == ["oops"]
    assert "oops" in column.oddities[0]


def test_a_phrase_among_numbers_means_missing():
    column = _column([f"{i}M" for i in range(1, 50)] + ["Varies with device"] * 12)
    assert column.kind == "numeric" and column.missing_words == ["Varies with device"] and column.missing == 12


def test_many_words_among_numbers_are_mixed_types():
    column = _column([str(i) for i in range(20)] + [f"w{i}" for i in range(20)] * 2)
    assert column.kind == "categorical" and "mixes types" in column.oddities[0]


def test_a_repeated_sentinel_below_zero_means_missing():
    column = _column(["1", "2.5", "-999", "3", "-999"])
    assert column.missing == 2 and column.missing_words == ["-999"]
    assert _values(["1", "2.5", "-999", "3", "-999"]).isna().sum() == 2
    assert _column(["-1000", "-999", "-999", "5"]).missing == 0


def test_beyond_the_largest_number_is_no_number():
    assert _column([*map(str, range(200)), "1e400"]).missing_words == ["1e400"]


def test_na_is_namibia_among_country_codes_and_missing_elsewhere():
    assert _column(["NA", "DE", "FR", "ZA"] * 3).missing == 0
    assert _column(["NA", "red", "blue", "green"] * 3).missing == 3
    assert _column(["+", "-"] * 5).unique == 2
    assert _column(["?", "Private", "State"] * 3).missing_words == ["?"]
    assert _column(["None", "Good", "Bad"] * 3).missing == 0


@pytest.mark.parametrize("pair", [("Yes", "No"), ("true", "FALSE"), ("t", "f"), ("y", "n"), ("是", "否")])
def test_truth_words_are_boolean_and_keep_their_text(pair):
    assert _is(_column([*pair, pair[0]]), "boolean", "text")
    assert _values([*pair]).tolist() == list(pair)


def test_zero_and_one_are_boolean_and_one_and_two_are_not():
    assert _is(_column(["0", "1", "1"]), "boolean", "integer")
    assert _is(_column(["1", "2", "1"]), "numeric", "integer")
    assert _is(_column(["yes", "1", "yes"]), "categorical", "text")


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2024-01-31", "2024-02-01T10:00:00", "2024-02-01 10:00"], datetime(2024, 1, 31)),
        (["9/30/1990 0:00:00", "1/2/1991 13:05:00"], datetime(1990, 9, 30)),
        (["30/9/1990", "1/2/1991"], datetime(1990, 9, 30)),
        (["January 7, 2018", "March 1, 2019"], datetime(2018, 1, 7)),
        (["07.01.2018", "31.12.2019"], datetime(2018, 1, 7)),
        (["2018年1月7日", "2019年12月1日"], datetime(2018, 1, 7)),
        (["Jan-2015", "Feb-2016"], datetime(2015, 1, 1)),
        (["1/7/2018 5:30 PM", "1/27/2018 6:30 AM"], datetime(2018, 1, 7, 17, 30)),
    ],
)
def test_dates_are_read_and_the_service_reads_them_alike(cells, first):
    column = _column(cells)
    assert _is(column, "datetime", "moment")
    values = _values(cells)
    assert values.iloc[0] == first and str(values.dtype) == "datetime64[us]"
    assert [parse_moment(c, column.formats) for c in cells] == (values.astype("int64") / 1e6).tolist()


def test_swappable_dates_are_said_and_offsets_become_utc():
    assert "swapped" in _column(["01/02/2020", "03/04/2020"]).oddities[0]
    assert _values(["2024-01-01T01:00:00+01:00", "2024-01-02"]).iloc[0] == datetime(2024, 1, 1)


def test_compact_dates_need_to_be_plausible():
    days = [f"202401{day:02}" for day in range(1, 29)]
    assert _is(_column(days, "date"), "datetime", "moment")
    assert _column(["20240101", "20249999", "20240103"], "date").kind == "numeric"
    assert _column([str(i % 7) for i in range(50)], "date").kind == "numeric"


def test_identifiers():
    n = range(40)
    assert _column([f"7590-VH{i:03}" for i in n], "customerID").kind == "id"
    assert _column([str(i) for i in n], "column_0").kind == "id"
    assert _column(["1", "4", "7"], "column_0").kind == "numeric"
    assert _column([str(1000 + i * 7 % 90) for i in n], "Id").kind == "id"
    assert _column([f"{i:032x}" for i in n]).kind == "id"
    assert _column([str(i * 37.5 + 0.1) for i in n], "weight").kind == "numeric"
    assert _column([str(i * 37) for i in n], "salary").kind == "numeric"
    assert _column([str(1980 + i) for i in n], "year").kind == "numeric"


def test_prose_categories_and_constants():
    assert _column([f"this is a longer sentence about {i} things" for i in range(30)]).kind == "text"
    assert _column([" a", "b ", "a"]).unique == 2
    assert _is(_column(["same"] * 5), "constant", "text")
    assert _column([None, "", " "]).kind == "constant"
    assert _column([None, "", " "]).missing == 3


def test_padded_values_are_trimmed_and_said():
    assert _values([" >50K", " <=50K", " >50K"]).tolist() == [">50K", "<=50K", ">50K"]
    assert "blanks" in _column([" >50K", " <=50K", " >50K"]).oddities[0]


def test_typed_columns_stay_what_they_are():
    frame = pd.DataFrame(
        {
            "i": pd.array([1, None, 5], dtype="Int64"),
            "f": [0.5, np.inf, np.nan],
            "b": [True, False, True],
            "t": pd.to_datetime(["2024-01-01", None, "2024-01-03"]).tz_localize("Europe/Paris"),
            "s": pd.Series(["a", None, "b"]),
            "big": [2**62, 2**62 + 1, 2**62 + 2],
            "mixed": pd.Series([1.0, "n/a", 3], dtype=object),
        }
    )
    columns = infer_columns(frame)
    assert [c.storage for c in columns] == ["integer", "real", "truth", "moment", "text", "text", "integer"]
    typed = convert(frame, columns)
    assert typed["i"].tolist()[0] == 1 and typed["f"].isna().sum() == 2 and typed["b"].dtype == bool
    assert typed["t"].iloc[0] == datetime(2023, 12, 31, 23)
    assert typed["big"].tolist()[1] == str(2**62 + 1)
    assert typed["mixed"].isna().tolist() == [False, True, False]


def test_bad_cells_of_a_new_file_stay_when_asked():
    columns = infer_columns(pd.concat([_texts(["1", "2", "3"], "n"), _texts(["2024-01-01"] * 3, "d")], axis=1))
    columns[1].kind, columns[1].storage = "datetime", "moment"
    new = pd.concat([_texts(["1", "abc", ""], "n"), _texts(["2024-01-05", "never", None], "d")], axis=1)
    kept = convert(new, columns, keep_bad=True)
    assert kept["n"].tolist() == [1, "abc", None] and kept["d"].tolist()[1:] == ["never", None]
    assert convert(new, columns)["n"].isna().tolist() == [False, True, True]
    assert str(convert(new.iloc[[0]], columns, keep_bad=True)["n"].dtype) == "int64"


def test_a_fraction_in_a_whole_column_stays_a_number():
    columns = infer_columns(_texts(["1", "2", "3"]))
    assert convert(_texts(["1.5", "2"]), columns, keep_bad=True)["x"].tolist() == [1.5, 2.0]


def test_columns_survive_json_and_are_given_in_order():
    frame = pd.concat([_texts(["1", "2"], "a"), _texts(["$3", "$4.5"], "b")], axis=1)
    columns = [Column.model_validate_json(c.model_dump_json()) for c in infer_columns(frame)][::-1]
    assert list(convert(frame, columns)) == ["b", "a"]
    with pytest.raises(KeyError):
        convert(frame[["a"]], columns)


def test_duplicates_counts_equal_rows():
    assert duplicates(pd.DataFrame({"a": [1, 1, 2, 1], "b": ["x", "x", "y", "z"]})) == 1


def test_the_example():
    raw = read_table(CHURN)
    columns = {c.name: c for c in infer_columns(raw.frame)}
    assert len(raw.frame) == 7043 and columns["customerID"].kind == "id"
    assert _is(columns["TotalCharges"], "numeric", "real") and columns["TotalCharges"].missing == 11
    assert _is(columns["Churn"], "boolean", "text") and _is(columns["SeniorCitizen"], "boolean", "integer")
