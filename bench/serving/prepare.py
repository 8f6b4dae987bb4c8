"""What every contender serves: one table, a scikit-learn pipeline fitted on it, and Ekiben's model of the same kind."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROWS, ASKED, MANY, TREES = 5_000, 20, 10_000, 200
NUMBERS = ("age", "income", "balance", "tenure", "calls", "distance", "discount")
WORDS = ("plan", "region", "device", "channel", "payment", "active", "newsletter")
TARGET = "left"
EKIBEN = str(Path(sys.executable).with_name("ekiben"))


@dataclass(frozen=True)
class Prepared:
    """A folder with train.csv, pipeline.joblib and Ekiben's workspace; rows to ask, and what is right for them."""

    folder: Path
    rows: list[dict[str, Any]]
    pipeline: list[float]
    """The probability of yes of each row, by the pipeline."""
    ekiben: list[float]
    """The same by the estimators of Ekiben's model, before any conversion."""

    @property
    def bento(self) -> Path:
        """The Bento of Ekiben's model."""
        return self.home / "bentos" / "train" / "1"

    @property
    def home(self) -> Path:
        """The workspace's BentoML store."""
        return self.folder / ".ekiben" / "bentoml"

    @property
    def many(self) -> list[dict[str, Any]]:
        """Ten thousand rows, each another: the same few again and again would be found in a processor's caches."""
        return records(table(MANY, seed=1))


def prepare(folder: Path) -> Prepared:
    """Make everything in an empty folder."""
    frame = table()
    frame.to_csv(folder / "train.csv", index=False)
    rows = records(frame.head(ASKED))
    pipeline = fit(folder)
    ekiben(folder)
    return Prepared(folder, rows, pipeline, own(folder, rows))


def records(frame: Any) -> list[dict[str, Any]]:
    """A table's rows as they are posted."""
    found: list[dict[str, Any]] = json.loads(frame.drop(columns=TARGET).to_json(orient="records"))
    return found


def table(rows: int = ROWS, seed: int = 0) -> Any:
    """Seven columns of numbers, some of them missing, and seven of words."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(seed)
    frame = pd.DataFrame({name: random.gamma(2.0, 10.0 + 9 * at, rows).round(2) for at, name in enumerate(NUMBERS)})
    for at, name in enumerate(WORDS):
        choices = ["yes", "no"] if at > 4 else [f"{name} {letter}" for letter in "abcdefgh"[: at + 3]]
        frame[name] = random.choice(choices, rows)
    odds = frame["age"] / 10 - frame["tenure"] / 20 + (frame["plan"] == "plan a") * 1.5 - 1
    frame[TARGET] = np.where(random.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no")
    frame.loc[random.random(rows) < 0.1, "balance"] = np.nan
    return frame


def fit(folder: Path) -> list[float]:
    """Fit and keep the pipeline of every tutorial; its probabilities for the rows that are asked."""
    import joblib
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    train = pd.read_csv(folder / "train.csv")
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = make_column_transformer((numbers, list(NUMBERS)), (words, list(WORDS)))
    pipeline = make_pipeline(columns, RandomForestClassifier(TREES, random_state=0)).fit(train, train[TARGET])
    joblib.dump(pipeline, folder / "pipeline.joblib")
    found: list[float] = pipeline.predict_proba(train.head(ASKED))[:, 1].tolist()
    return found


def ekiben(folder: Path) -> None:
    """Train and package Ekiben's random forest, which has as many trees."""
    plan = [
        {"tool": "profile", "args": {"path": "train.csv"}},
        {"tool": "preprocess", "args": {"dataset": "train", "target": TARGET}},
        {"tool": "train", "args": {"dataset": "train", "estimators": ["random_forest"], "time_limit": 120}},
        {"tool": "package", "args": {"model": "train"}},
    ]
    (folder / "plan.json").write_text(json.dumps({"version": 1, "plan": plan}), encoding="utf-8")
    command = [EKIBEN, "apply", "plan.json", "--yes", "--quiet"]
    subprocess.run(command, cwd=folder, env=variables(), check=True, stdout=subprocess.DEVNULL)


def own(folder: Path, rows: list[dict[str, Any]]) -> list[float]:
    """What the trained estimators of Ekiben's model say of rows."""
    from service.runtime import Runtime

    _, prediction = Runtime(folder / ".ekiben" / "bentoml" / "models" / "train" / "1").respond(rows)
    if prediction is None or prediction.probabilities is None:
        raise SystemExit("Ekiben's model refuses the rows of its own table.")
    found: list[float] = prediction.probabilities[:, 1].tolist()
    return found


def variables(**more: str) -> dict[str, str]:
    """The environment of every process here: nothing reports home, nothing of the user's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EKIBEN_", "BENTOML_"))}
    return kept | {"BENTOML_DO_NOT_TRACK": "True", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONSAFEPATH": "1"} | more
