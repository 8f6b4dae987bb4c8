"""profile: from a file to a dataset whose facts are right."""

import json
from pathlib import Path

import pandas as pd
import pytest
from tables import Bench, customers

from tools.core.errors import BadArguments, DataRefused, NotFound

KINDS = {
    "customer_id": "id",
    "age": "numeric",
    "plan": "categorical",
    "spend": "numeric",
    "joined": "datetime",
    "active": "boolean",
    "country": "constant",
    "left": "boolean",
}


def test_kinds_missing_and_targets(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers()
    found = bench("profile", path=bench.write("customers.csv", table))
    kinds = {column.name: column.kind for column in found.columns}
    assert {name: kinds[name] for name in KINDS} == KINDS
    assert found.rows == len(table)
    missing = {column.name: column.missing for column in found.columns}
    assert missing["spend"] == int(table["spend"].isna().sum())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_dialects_read_the_same_table(tmp_path: Path, separator: str, encoding: str) -> None:
    bench = Bench(tmp_path)
    table = customers(60).assign(city="北京")
    found = bench("profile", path=bench.write("t.csv", table, sep=separator, encoding=encoding))
    assert [column.name for column in found.columns] == list(table)
    kept = pd.read_parquet(bench.context.workspace / "datasets/t/1/table.parquet")
    assert kept["city"].tolist() == table["city"].tolist()
    assert kept["spend"].tolist() == pytest.approx(table["spend"].tolist(), nan_ok=True)


@pytest.mark.parametrize("ending", [".parquet", ".xlsx", ".csv.gz"])
def test_other_files(tmp_path: Path, ending: str) -> None:
    bench = Bench(tmp_path)
    table, path = customers(60), tmp_path / f"t{ending}"
    if ending == ".parquet":
        table.to_parquet(path)
    elif ending == ".xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, index=False)
    assert bench("profile", path=path.name).rows == 60


def test_the_record_holds_where_it_came_from(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench("profile", path=bench.write("t.csv", customers(60)), name="Kunden 2024")
    record = json.loads((bench.context.workspace / "datasets/kunden-2024/1/record.json").read_text())
    assert len(record["source"]["sha256"]) == 64
    assert record["source"]["path"] == str(tmp_path / "t.csv")


def test_duplicates_are_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    table = customers(60)
    found = bench("profile", path=bench.write("t.csv", pd.concat([table, table.head(7)])))
    assert any("7 rows" in warning for warning in found.warnings)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with pytest.raises(NotFound):
        bench("profile", path="nowhere.csv")
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(DataRefused):
        bench("profile", path="x.csv")
    with pytest.raises(BadArguments):
        bench("profile", path=bench.write("y.csv", customers(30)), name="!!!")
