"""explain: importances of what matters and of nothing else, and contributions that add up to the answer."""

import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers, houses

from tools.core.errors import BadArguments


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("explain"))
    made.prepared(customers(600), target="left")
    made("train", dataset="t", estimators=["lightgbm"], time_limit=60)
    made.prepared(houses(400), name="h", target="price", derive=["area = size * 2"])
    made("train", dataset="h", estimators=["linear"], time_limit=60)
    return made


def test_what_the_target_follows_from_comes_first(bench: Bench) -> None:
    found = bench("explain", model="t")
    assert [each.column for each in found.importances[:2]] == ["age", "plan"]
    assert found.importances[0].interval[0] > 0
    noise = [each for each in found.importances if each.column in ("active", "note")]
    assert all(each.interval[0] <= 0.02 and abs(each.importance) < 0.03 for each in noise)
    assert "age" in found.headline()
    assert bench("explain", model="t").importances == found.importances


def test_effects_go_the_way_of_the_data(bench: Bench) -> None:
    age = next(effect for effect in bench("explain", model="t").effects if effect.column == "age")
    assert age.label == "yes"
    assert age.points[0].answer + 0.2 < age.points[-1].answer
    town = next(effect for effect in bench("explain", model="h").effects if effect.column == "town")
    by_town = {point.value: point.answer for point in town.points}
    assert by_town["Köln"] - by_town["Bonn"] == pytest.approx(80_000, rel=0.2)


@pytest.mark.parametrize("model", ["t", "h"])
def test_contributions_add_up_to_the_answer(bench: Bench, model: str) -> None:
    found = bench("explain", model=model, row=3).row
    total = found.mean_answer + sum(each.contribution for each in found.contributions)
    assert total == pytest.approx(found.answer, rel=1e-9)
    sizes = [abs(each.contribution) for each in found.contributions]
    assert sizes == sorted(sizes, reverse=True)


def test_a_linear_models_values_are_known(bench: Bench) -> None:
    """Without interactions a Shapley value is the effect of the value against the mean one."""
    row = pd.DataFrame({"size": [180.0], "town": ["Bonn"], "rooms": [7], "price": [0]})
    found = bench("explain", model="h", path=bench.write("one.csv", row), row=0).row
    by_column = {each.column: each.contribution for each in found.contributions}
    background = pd.read_csv(bench.folder / "h.csv")["size"].mean()
    assert by_column["size"] + by_column["rooms"] == pytest.approx(3_000 * (180 - background), rel=0.15)


def test_a_row_that_is_not_there_is_said(bench: Bench) -> None:
    with pytest.raises(BadArguments, match="There is no row 9999"):
        bench("explain", model="t", row=9_999)
    with pytest.raises(BadArguments, match="--row"):
        bench("explain", model="t", path="t.csv")


def test_sealed_rows_are_not_opened(bench: Bench) -> None:
    bench("explain", model="t", row=0)
    assert bench("evaluate", model="t").openings == 1


def test_numbers_are_plain(bench: Bench) -> None:
    told = bench("explain", model="t", row=0).document()
    assert isinstance(told["row"]["contributions"][0]["contribution"], float)
    assert not any(isinstance(value, np.generic) for value in told["row"].values())


def test_the_command_shows_bars(bench: Bench) -> None:
    from agent.explained import explained

    lines = explained(bench("explain", model="t", row=0).document())
    assert any(line.lstrip().startswith("age") and "█" in line for line in lines)
    assert any(line.startswith("Row 0, from") for line in lines)
