"""predict: the input's columns in their order, then the predictions; what the service would refuse is rejected."""

from pathlib import Path

import pandas as pd
import pytest
from tables import Bench, customers, houses

from tools.core.errors import ApprovalNeeded, BadArguments, DataRefused


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("predict"))
    made.prepared(customers(), target="left")
    made("train", dataset="t", estimators=["linear"], time_limit=60)
    made.prepared(houses(), name="houses", target="price")
    made("train", dataset="houses", estimators=["linear"], time_limit=60)
    return made


def test_the_table_that_it_writes(bench: Bench) -> None:
    table = customers(40, seed=9).drop(columns=["left"])
    found = bench("predict", model="t", path=bench.write("new.csv", table), output="out.csv", overwrite=True)
    written = pd.read_csv(bench.folder / "out.csv")
    assert list(written) == [*table, "prediction", "probability_no", "probability_yes"]
    assert (found.rows, found.rejected, len(written)) == (40, 0, 40)
    assert written["customer_id"].tolist() == table["customer_id"].tolist()
    assert set(written["prediction"]) <= {"no", "yes"}
    assert (written["probability_no"] + written["probability_yes"]).round(9).eq(1).all()


def test_parquet_by_the_names_ending(bench: Bench) -> None:
    path = bench.write("homes.csv", houses(30, seed=2))
    bench("predict", model="houses", path=path, output="out.parquet", overwrite=True)
    written = pd.read_parquet(bench.folder / "out.parquet")
    assert written["prediction"].dtype.kind == "f"
    assert len(written) == 30


def test_rows_that_the_service_would_refuse_are_empty_and_counted(bench: Bench) -> None:
    table = customers(20, seed=3).astype({"age": object})
    table.loc[4, "age"] = "many"
    table.loc[7, "age"] = None
    found = bench("predict", model="t", path=bench.write("bad.csv", table), output="out.csv", overwrite=True)
    written = pd.read_csv(bench.folder / "out.csv")
    assert found.rejected == 2
    assert written.index[written["prediction"].isna()].tolist() == [4, 7]
    assert written["probability_yes"].isna().sum() == 2


def test_one_row_reads_as_it_does_among_many(bench: Bench) -> None:
    table = customers(30, seed=4)
    bench("predict", model="t", path=bench.write("all.csv", table), output="all-out.csv", overwrite=True)
    whole = pd.read_csv(bench.folder / "all-out.csv")["probability_yes"]
    for row in (0, 11):
        path = bench.write("one.csv", table.iloc[[row]])
        bench("predict", model="t", path=path, output="one-out.csv", overwrite=True)
        assert pd.read_csv(bench.folder / "one-out.csv")["probability_yes"][0] == pytest.approx(whole[row], abs=1e-12)


def test_an_output_is_not_replaced_and_the_input_never(bench: Bench) -> None:
    path = bench.write("in.csv", customers(20))
    (bench.folder / "mine.csv").write_text("mine")
    with pytest.raises(ApprovalNeeded):
        bench("predict", model="t", path=path, output="mine.csv")
    with pytest.raises(BadArguments, match="replace the table that is read"):
        bench("predict", model="t", path=path, output=path, overwrite=True)
    with pytest.raises(BadArguments, match=r"neither in \.csv nor in \.parquet"):
        bench("predict", model="t", path=path, output="x.docx")


def test_a_table_that_lacks_a_needed_column_is_refused(bench: Bench) -> None:
    with pytest.raises(DataRefused, match="lacks columns that the model needs: 'age'"):
        bench("predict", model="t", path=bench.write("less.csv", customers(20).drop(columns=["age", "left"])))
    with pytest.raises(DataRefused, match="'agee' where 'age' is expected"):
        bench("predict", model="t", path=bench.write("typo.csv", customers(20).rename(columns={"age": "agee"})))


def test_a_whole_kind_of_missing_is_taken(bench: Bench, tmp_path: Path) -> None:
    table = customers(20).drop(columns=["spend"])
    assert (
        bench("predict", model="t", path=bench.write("nospend.csv", table), output=str(tmp_path / "o.csv")).rejected
        == 0
    )
