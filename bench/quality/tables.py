"""The tables of the quality bench: cut into a file to learn from and a file to be scored on, the same for everybody."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

MOST_ROWS = 25_000
FEWEST_OF_A_LABEL = 8
METRICS = {"binary": "AUC", "multiclass": "log loss", "regression": "RMSE"}


@dataclass(frozen=True)
class Table:
    """One entry of a catalog.json."""

    name: str
    path: Path
    target: str
    task: str
    leaks: tuple[str, ...] = ()


def catalog(folder: Path, wanted: list[str]) -> list[Table]:
    """The tables that a folder's catalog.json lists: name, target, task, leakage_columns."""
    listed = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    found = [
        Table(t["name"], folder / f"{t['name']}.csv", t["target"], t["task"], tuple(t["leakage_columns"]))
        for t in listed
    ]
    return [table for table in found if not wanted or table.name in wanted]


def cut(table: Table, folder: Path) -> None:
    """Write train.csv, test.csv (without the target) and truth.csv: 75/25, stratified for classification, seed 0.

    Cells stay as they are written. Rows without a target go, and rows of labels that fewer than eight rows have.
    """
    from sklearn.model_selection import train_test_split

    raw = pd.read_csv(table.path, dtype=str, keep_default_na=False, skipinitialspace=False)
    known = pd.read_csv(table.path)[table.target].notna().to_numpy() & (raw[table.target].str.strip() != "").to_numpy()
    raw = raw[known].drop(columns=list(table.leaks)).reset_index(drop=True)
    if len(raw) > MOST_ROWS:
        raw = raw.sample(MOST_ROWS, random_state=0)
    if table.task != "regression":
        raw = raw[raw.groupby(table.target)[table.target].transform("size") >= FEWEST_OF_A_LABEL]
    strata = raw[table.target] if table.task != "regression" else None
    train, test = train_test_split(raw, test_size=0.25, random_state=0, stratify=strata)
    folder.mkdir(parents=True, exist_ok=True)
    train.to_csv(folder / "train.csv", index=False)
    test.drop(columns=[table.target]).to_csv(folder / "test.csv", index=False)
    test[[table.target]].to_csv(folder / "truth.csv", index=False)
