import pytest

from tools.core.tables.targets import likely_targets


def _table(**columns):
    return list(columns), columns


IDS = [f"C{i:05}" for i in range(100)]
NUMBERS = [str(i * 1.37) for i in range(100)]
YESNO = ["Yes", "No"] * 50


@pytest.mark.parametrize("target", ["Churn", "is_fraud", "label", "Survived", "是否流失", "default"])
def test_a_telling_name_is_clear_cut_wherever_it_stands(target):
    for at in range(3):
        names = ["customerID", "tenure", "charges"]
        names.insert(at, target)
        cells = {"customerID": IDS, "tenure": NUMBERS, "charges": NUMBERS, target: YESNO}
        assert likely_targets(names, cells, "data") == [target]


def test_the_last_column_is_likely_and_the_files_name_tells():
    names, cells = _table(sex=["F", "M"] * 50, length=NUMBERS, rings=[str(i % 20) for i in range(100)])
    assert likely_targets(names, cells, "abalone")[0] == "rings"
    names, cells = _table(sex=YESNO, diabetes=YESNO, age=NUMBERS, mass=NUMBERS)
    assert likely_targets(names, cells, "diabetes")[0] == "diabetes"


def test_two_good_names_are_ambiguous():
    names, cells = _table(price=NUMBERS, size=NUMBERS, quality=[str(i % 5) for i in range(100)], note=YESNO)
    assert set(likely_targets(names, cells, "x")) >= {"price", "quality"}


def test_two_columns_with_the_same_telling_word_are_ambiguous_wherever_they_stand():
    names, cells = _table(age=NUMBERS, income_2023=NUMBERS, household_income=NUMBERS)
    assert set(likely_targets(names, cells, "people")) == {"income_2023", "household_income"}
    names, cells = _table(total_rooms=NUMBERS, total_bedrooms=NUMBERS, price=NUMBERS)
    assert likely_targets(names, cells, "houses") == ["price"]


def test_ids_dates_prose_and_constants_are_none():
    prose = [f"a long sentence number {i}" for i in range(100)]
    names, cells = _table(only=["1"] * 100, day=["2024-01-01", "2024-01-02"] * 50, comment=prose, id=IDS)
    assert likely_targets(names, cells, "x") == []


def test_y_beside_x_and_z_is_a_measure():
    names, cells = _table(carat=NUMBERS, price=NUMBERS, x=NUMBERS, y=NUMBERS, z=NUMBERS)
    assert likely_targets(names, cells, "diamonds") == ["price"]


def test_an_empty_table_has_none():
    assert likely_targets([], {}, "") == []
    assert likely_targets(["a"], {}, "a") == []
