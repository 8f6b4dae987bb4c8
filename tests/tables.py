"""Small tables and a workspace for tests that call tools without a command line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import tools
from tools.core.context import Context
from tools.core.learning.seal import open_sealed
from tools.core.tool import Result


class Bench:
    """A workspace in which tools are called directly, doubts about the data settled by their defaults (`--yes`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.context = Context(workspace=folder / ".ekiben", folder=folder, take_defaults=True)

    def __call__(self, tool: str, **args: Any) -> Any:
        context = replace(self.context, drawn={}, made={})
        result: Result = tools.load(tool)(args, context)
        assert result.headline()
        return result

    def write(self, name: str, frame: pd.DataFrame, **options: Any) -> str:
        """Write a table as CSV; its name."""
        frame.to_csv(self.folder / name, index=False, **options)
        return name

    def sides(self, tag: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The training and the sealed rows of a prepared dataset, as they are stored."""
        prepared = self.context.find(tag, "prepared")
        sealed = open_sealed(prepared, self.context, "a test").table
        return pd.read_parquet(prepared.path / "train.parquet"), sealed

    def prepared(self, frame: pd.DataFrame, name: str = "t", **args: Any) -> Any:
        """Profile and preprocess a table."""
        self("profile", path=self.write(f"{name}.csv", frame))
        return self("preprocess", dataset=name, **args)


def customers(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """A table with every kind of column, whose target `left` (yes or no) follows from age and plan."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, rows)
    plan = random.choice(["basic", "plus", "pro"], rows)
    chance = 1 / (1 + np.exp(-(0.06 * (age - 45) + (plan == "basic") * 1.5)))
    return pd.DataFrame(
        {
            "customer_id": [f"C{n:05d}" for n in range(rows)],
            "age": age,
            "plan": plan,
            "spend": np.where(random.random(rows) < 0.1, np.nan, random.gamma(2.0, 30.0, rows).round(2)),
            "joined": pd.date_range("2020-01-01", periods=rows, freq="D").astype(str),
            "active": random.choice(["yes", "no"], rows),
            "note": random.choice(["called about the bill twice", "nothing to say", "wants a refund soon"], rows),
            "country": "DE",
            "left": np.where(random.random(rows) < chance, "yes", "no"),
        }
    )


def houses(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """A regression table: price follows from size and town."""
    random = np.random.default_rng(seed)
    size = random.uniform(30, 200, rows).round(1)
    town = random.choice(["Bonn", "Köln", "Aachen"], rows)
    price = (size * 3_000 + (town == "Köln") * 80_000 + random.normal(0, 20_000, rows)).round(0)
    return pd.DataFrame({"size": size, "town": town, "rooms": (size // 25).astype(int), "price": price + 0.5})
