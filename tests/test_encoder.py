"""The encoder gives a row the same numbers alone and in a table, whatever the row holds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.encoder import LARGEST, PARTS, date_part, encode, names, words
from tools.core.learning.recipe import AUTO, Recipe, fit_encoder, take

FAMILIES = ("linear", "forest", "boosting")
INPUTS = {"columns": [{"name": k, "kind": k} for k in ("numeric", "boolean", "categorical", "datetime", "text")]}
EXTREMES = [0.0, -0.0, 5e-324, 1e-300, 1e39, -1e39, 1e300, -1e300, 1.7976931348623157e308, -1.7976931348623157e308]
CITIES = ["Bern", "Basel", "北京", "", "1", "True", "ß", "e\u0301", "\U0001f35a", "x" * 300]
TEXTS = [
    "",
    " ",
    "Good food",
    "good, GOOD food!",
    "非常好吃的便当",
    "弁当 bento 弁当",
    "도시락",
    "a_b 1 2 3",
    "İstanbul ẞ",
]
YEAR_1 = datetime(1, 1, 1, tzinfo=UTC).timestamp()
YEAR_9999 = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()


def numbers(widest: float) -> Any:
    """Floats up to a size, NaN for missing among them."""
    plain = st.sampled_from([x for x in EXTREMES if abs(x) <= widest]) | st.floats(-widest, widest)
    return st.just(float("nan")) | st.integers(-3, 3).map(float) | plain


@st.composite
def tables(draw: Any, fewest: int, widest: float) -> dict[str, Any]:
    """Checked columns of every kind; values repeat, so that some are frequent enough to get numbers of their own."""
    rows = draw(st.integers(fewest, 30))
    moments = st.sampled_from([-1.0, 0.0, 86_399.5, -1e14, 1e14]) | st.floats(YEAR_1, YEAR_9999)
    kinds: dict[str, Any] = {
        "numeric": numbers(widest),
        "boolean": st.sampled_from([0.0, 1.0, float("nan")]),
        "categorical": st.none() | st.sampled_from(CITIES) | st.text(max_size=5),
        "datetime": st.just(float("nan")) | moments,
        "text": st.none() | st.sampled_from(TEXTS) | st.text(max_size=30),
    }
    drawn = {name: draw(st.lists(values, min_size=rows, max_size=rows)) for name, values in kinds.items()}
    floats = ("numeric", "boolean", "datetime")
    return {name: np.array(values, dtype=np.float64) if name in floats else values for name, values in drawn.items()}


TRAINING = tables(1, 1e150)
"""Recipes are fitted within the range in which a standard deviation can be taken."""
ANY = tables(0, 1.7976931348623157e308)


RECIPES = st.builds(
    Recipe,
    st.sampled_from(["auto", "median", "mean", "most_frequent", "constant", "none"]),
    st.sampled_from(["auto", "standard", "minmax", "none"]),
    st.sampled_from(["auto", "onehot", "ordinal", "target"]),
)


def fitted(training: Any, family: Any, recipe: Recipe = AUTO) -> Any:
    """An encoder for a table whose rows belong to two labels in turn."""
    y = np.arange(len(training["text"])) % 2
    return fit_encoder(INPUTS, training, family, y if len(y) else None, 2, recipe).features


@pytest.mark.parametrize("family", FAMILIES)
@settings(deadline=None, max_examples=100)
@given(training=TRAINING, table=ANY, recipe=RECIPES)
def test_a_table_gets_the_numbers_of_its_rows_bit_by_bit(
    family: Any, training: Any, table: Any, recipe: Recipe
) -> None:
    features = fitted(training, family, recipe)
    whole = encode(features, table)
    rows = len(table["text"])
    assert whole.shape == (rows, len(names(features)))
    assert whole.dtype == np.float64 and whole.flags.c_contiguous
    for row in range(rows):
        assert encode(features, take(table, [row])).tobytes() == whole[row].tobytes()


@pytest.mark.parametrize("family", FAMILIES)
@settings(deadline=None, max_examples=60)
@given(training=TRAINING, table=ANY, recipe=RECIPES)
def test_features_survive_json(family: Any, training: Any, table: Any, recipe: Recipe) -> None:
    features = fitted(training, family, recipe)
    for text in (json.dumps(features), json.dumps(features, ensure_ascii=False)):
        assert json.loads(text) == features
        assert encode(json.loads(text), table).tobytes() == encode(features, table).tobytes()


@pytest.mark.parametrize("family", FAMILIES)
@settings(deadline=None, max_examples=60)
@given(training=TRAINING, table=ANY, recipe=RECIPES)
def test_every_number_is_one_that_an_estimator_takes(family: Any, training: Any, table: Any, recipe: Recipe) -> None:
    matrix = encode(fitted(training, family, recipe), table)
    assert not np.isinf(matrix.astype(np.float32)).any()
    assert family == "boosting" or recipe.impute == "none" or not np.isnan(matrix).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_all_operations_are_tried_here(family: Any) -> None:
    training = {
        "numeric": np.array([1.0, 2.0, 3.0, np.nan]),
        "boolean": np.array([0.0, 1.0, 1.0, np.nan]),
        "categorical": ["a", "a", "a", None],
        "datetime": np.array([0.0, 1e9, 2e9, np.nan]),
        "text": ["good food", "good", "good", None],
    }
    made = {feature["op"] for feature in fit_encoder(INPUTS, training, family).features}
    kinds = {"codes"} if family == "boosting" else {"onehot", "missing"}
    assert made == {"number", "date", "length", "words"} | kinds


def test_many_categories_become_codes_in_a_forest() -> None:
    inputs = {"columns": [{"name": "c", "kind": "categorical"}]}
    categories = [f"c{i:02d}" for i in range(20)]
    features = fit_encoder(inputs, {"c": categories * 3}, "forest").features
    assert encode(features, {"c": ["c00", "c19", "unseen", None]}).ravel().tolist() == [0.0, 19.0, -1.0, -1.0]
    onehot = encode(
        fit_encoder(inputs, {"c": [*categories * 3, None]}, "linear").features, {"c": ["c19", "unseen", None]}
    )
    assert [np.flatnonzero(row).tolist() for row in onehot] == [[19], [], [20]]


def test_numbers_too_large_for_trees_are_cut_and_keep_their_sign() -> None:
    features = [{"op": "number", "column": "n", "fill": 0.0, "center": -1e308, "scale": 1e-9}]
    matrix = encode(features, {"n": np.array([1.7e308, -1.7e308, -1e308, np.nan])})
    assert matrix.ravel().tolist() == [LARGEST, -LARGEST, 0.0, LARGEST]


def test_no_feature_is_no_number_for_each_row() -> None:
    assert encode([], {"c": ["a", None, "b"]}).shape == (3, 0)
    assert encode([], {}).shape == (0, 0)


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
@example(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC))
@example(datetime(1900, 2, 28, tzinfo=UTC))
@example(datetime(2000, 2, 29, tzinfo=UTC))
def test_date_parts_are_those_of_the_calendar(moment: datetime) -> None:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    seconds = np.array(
        [since // timedelta(seconds=1) + 0.0, np.nan]
    )  # whole ones: a float keeps no microsecond of 9999
    found = {part: date_part(seconds, part) for part in PARTS}
    assert all(np.isnan(values[1]) for values in found.values())
    told = {part: values[0] for part, values in found.items()}
    days = told.pop("days")
    assert days == pytest.approx(since / timedelta(days=1), abs=1e-4)
    assert told == {
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "weekday": moment.weekday(),
        "hour": moment.hour,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("Good, GOOD food_2!", ["good", "good", "food", "2"]),
        ("便当很好", ["便当", "当很", "很好"]),
        ("好", ["好"]),
        ("弁当 bento", ["弁当", "bento"]),
        ("도시락", ["도시", "시락"]),
    ],
)
def test_words_are_lower_case_and_pairs_where_a_script_has_no_blanks(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_target_encoding_is_learned_from_other_rows_than_those_it_is_given_to() -> None:
    inputs = {"columns": [{"name": "c", "kind": "categorical"}]}
    random = np.random.default_rng(0)
    columns, y = {"c": [f"c{n % 100}" for n in range(400)]}, random.integers(0, 2, 400)
    fitted = fit_encoder(inputs, columns, "forest", y, 2, Recipe(encode="target"))
    assert [feature["op"] for feature in fitted.features] == ["target"]
    served = encode(fitted.features, columns)[:, 0]
    assert np.corrcoef(served, y)[0, 1] > 0.3  # each row's own label is in it
    assert np.corrcoef(fitted.matrix(columns)[:, 0], y)[0, 1] < 0.1
    unseen = encode(fitted.features, {"c": ["never", None]})
    assert unseen.ravel().tolist() == [fitted.features[0]["other"][0]] * 2


def test_gaps_are_filled_as_asked() -> None:
    inputs = {"columns": [{"name": "n", "kind": "numeric"}, {"name": "c", "kind": "categorical"}]}
    columns = {"n": np.array([1.0, 1, 4, 10, np.nan]), "c": ["a", "a", "a", "b", None]}
    for how, fill in {"median": 2.5, "mean": 4.0, "most_frequent": 1.0, "constant": 0.0}.items():
        features = fit_encoder(inputs, columns, "boosting", recipe=Recipe(impute=how)).features
        assert encode(features[:1], columns)[-1].tolist() == [fill]
        assert features[1] == {"op": "missing", "column": "n"}
    frequent = fit_encoder(inputs, columns, "linear", recipe=Recipe(impute="most_frequent")).features[-1]
    assert encode([frequent], columns)[-1].tolist() == encode([frequent], columns)[0].tolist()


def test_categories_are_ordered_as_numbers_and_scaled_as_asked() -> None:
    inputs = {"columns": [{"name": "c", "kind": "categorical"}]}
    columns = {"c": ["10", "9", "2", "x"] * 3}
    recipe = Recipe(encode="ordinal", scale="minmax")
    features = fit_encoder(inputs, columns, "forest", recipe=recipe).features
    assert features[0]["categories"] == ["2", "9", "10", "x"]
    assert encode(features, columns)[:4, 0].tolist() == [2 / 3, 1 / 3, 0.0, 1.0]
