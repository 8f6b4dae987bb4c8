"""The sealed rows: the right share of each label, equal rows on one side, whatever the table's order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.core.errors import DataRefused
from tools.core.learning.split import SEALED, UNKNOWN, drawn, latest, refuse_empty, row_keys

TABLES = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["a", "b", None])), min_size=40, max_size=200)


@settings(deadline=None, max_examples=50)
@given(TABLES, st.integers(0, 5), st.randoms())
def test_a_rows_side_depends_on_its_content_alone(rows, seed, random) -> None:
    frame = pd.DataFrame(rows, columns=["x", "y"])
    sides = _sides(frame, seed)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = _sides(frame.iloc[order].reset_index(drop=True), seed)
    assert [shuffled[order.index(n)] for n in range(len(rows))] == list(sides)
    for _, group in pd.DataFrame({"row": rows, "side": sides}).groupby("row", dropna=False):
        assert group["side"].nunique() == 1, "equal rows stand on both sides"


def _sides(frame: pd.DataFrame, seed: int) -> list[bool]:
    return list(sealed(row_keys(frame), None, 0.25, seed))


def sealed(keys: np.ndarray, strata: np.ndarray | None, fraction: float, seed: int) -> np.ndarray:
    """A mask of the sealed rows where no side was known before."""
    return drawn(keys, np.full(len(keys), UNKNOWN), strata, fraction, seed) == SEALED


def test_each_label_gives_its_share() -> None:
    keys = row_keys(pd.DataFrame({"x": np.arange(4000)}))
    labels = np.repeat([0, 1, 2], [3700, 250, 50])
    mask = sealed(keys, labels, 0.2, 0)
    assert [int(mask[labels == label].sum()) for label in (1, 2)] == [50, 10]
    assert 0.18 < mask[labels == 0].mean() < 0.22


def test_a_row_keeps_its_side_when_the_table_grows_and_a_column_widens() -> None:
    small = pd.DataFrame({"x": np.arange(1000), "k": 7})
    grown = pd.DataFrame({"x": np.arange(3000) * 1.0, "k": [7] * 1000 + list(range(2000))})
    before = sealed(row_keys(small), None, 0.2, 0)
    after = sealed(row_keys(grown), None, 0.2, 0)
    assert (after[:1000] == before).all()


def test_another_seed_seals_other_rows() -> None:
    keys = row_keys(pd.DataFrame({"x": np.arange(500)}))
    assert (sealed(keys, None, 0.2, 0) != sealed(keys, None, 0.2, 1)).any()


def test_the_latest_rows_are_sealed_and_one_moment_is_not_cut() -> None:
    times = np.array([1.0, 2, 3, 4, 5, 5, 5, 6, 7, np.nan])
    mask = latest(times, np.full(10, UNKNOWN), 0.3) == SEALED
    assert list(times[mask]) == [6, 7]
    assert not mask[-1]


def test_a_split_that_leaves_a_side_empty_is_refused() -> None:
    with pytest.raises(DataRefused, match="no row would be sealed"):
        refuse_empty(latest(np.ones(10), np.full(10, UNKNOWN), 0.2))
