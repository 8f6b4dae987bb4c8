"""Who takes part in the quality bench. Run as `python contenders.py NAME FOLDER TARGET TASK`, in its own environment.

FOLDER has train.csv and test.csv; answers.csv is written there beside them: one column a label with its probability, or
one column of numbers. Each is what its documentation shows first, with nothing tuned.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

WORKERS = 2


def read(folder: Path, target: str) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """What pandas makes of the files: features, target, features to answer for."""
    train, test = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")
    features, y = train.drop(columns=[target]), train[target]
    for name in features:  # one type in both files
        if features[name].dtype != test[name].dtype:
            features[name], test[name] = features[name].astype(str), test[name].astype(str)
    return features, y, test[list(features.columns)]


def answers(model: Any, test: Any, task: str, labels: Any = None) -> pd.DataFrame:
    """Probabilities by label, or numbers."""
    if task == "regression":
        return pd.DataFrame({"answer": np.asarray(model.predict(test)).ravel()})
    return pd.DataFrame(
        model.predict_proba(test), columns=[str(v) for v in (model.classes_ if labels is None else labels)]
    )


def texts(frame: pd.DataFrame) -> list[str]:
    """The columns that are no numbers."""
    return [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]


def tutorial(folder: Path, target: str, task: str) -> pd.DataFrame:
    """Median, most frequent, one-hot, random forest: the first page of every tutorial."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    features, y, test = read(folder, target)
    words = texts(features)
    numbers = [name for name in features if name not in words]
    coded = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    table = make_column_transformer((SimpleImputer(strategy="median"), numbers), (coded, words))
    forest = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return answers(make_pipeline(table, forest(random_state=0, n_jobs=WORKERS)).fit(features, y), test, task)


def hist_gradient_boosting(folder: Path, target: str, task: str) -> pd.DataFrame:
    """HistGradientBoosting at its defaults on ordinal codes."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    features, y, test = read(folder, target)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    table = make_column_transformer((codes, texts(features)), remainder="passthrough")
    boosting = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    return answers(make_pipeline(table, boosting(random_state=0)).fit(features, y), test, task)


def lightgbm(folder: Path, target: str, task: str) -> pd.DataFrame:
    """LightGBM at its defaults on pandas categories."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    features, y, test = read(folder, target)
    for name in texts(features):
        features[name] = features[name].astype("category")
        test[name] = pd.Categorical(test[name], categories=features[name].cat.categories)
    for frame in (features, test):
        frame.columns = [f"c{place}" for place in range(frame.shape[1])]  # it refuses names with brackets
    kind = LGBMRegressor if task == "regression" else LGBMClassifier
    return answers(kind(random_state=0, n_jobs=WORKERS, verbose=-1).fit(features, y), test, task)


def catboost(folder: Path, target: str, task: str) -> pd.DataFrame:
    """CatBoost at its defaults, told which columns are categories."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    features, y, test = read(folder, target)
    words = texts(features)
    for name in words:
        features[name], test[name] = features[name].fillna("").astype(str), test[name].fillna("").astype(str)
    kind = CatBoostRegressor if task == "regression" else CatBoostClassifier
    model = kind(random_seed=0, thread_count=WORKERS, verbose=False, allow_writing_files=False, cat_features=words)
    return answers(model.fit(features, y), test, task)


def skrub(folder: Path, target: str, task: str) -> pd.DataFrame:
    """skrub's tabular pipeline."""
    from skrub import tabular_pipeline

    features, y, test = read(folder, target)
    return answers(tabular_pipeline("regressor" if task == "regression" else "classifier").fit(features, y), test, task)


def flaml(folder: Path, target: str, task: str, seconds: int = 30) -> pd.DataFrame:
    """FLAML's AutoML."""
    from flaml import AutoML

    features, y, test = read(folder, target)
    model = AutoML()
    kind = "regression" if task == "regression" else "classification"
    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[task]
    given = {"task": kind, "metric": metric, "time_budget": seconds, "seed": 0, "n_jobs": WORKERS, "verbose": 0}
    model.fit(features, y, **given)
    return answers(model, test, task)


def autogluon(folder: Path, target: str, task: str, seconds: int = 60) -> pd.DataFrame:
    """AutoGluon's medium quality preset."""
    from autogluon.tabular import TabularPredictor

    train, test = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")
    metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "root_mean_squared_error"}[task]
    model = TabularPredictor(target, problem_type=task, eval_metric=metric, path=str(folder / "autogluon"), verbosity=0)
    model.fit(train, presets="medium_quality", time_limit=seconds, num_cpus=WORKERS)
    if task == "regression":
        return pd.DataFrame({"answer": model.predict(test).to_numpy()})
    return model.predict_proba(test).rename(columns=str)


def ekiben(folder: Path, target: str, task: str, seconds: int = 30) -> pd.DataFrame:
    """Ekiben's own commands. Others seal nothing, so that only 1 % of the rows is sealed here."""
    import yaml

    plan = [
        {"tool": "profile", "args": {"path": "train.csv"}},
        {"tool": "preprocess", "args": {"dataset": "train", "target": target, "task": task, "test_fraction": 0.01}},
        {"tool": "train", "args": {"dataset": "train", "time_limit": seconds}},
        {"tool": "predict", "args": {"model": "train", "path": "test.csv", "output": "ours.csv", "overwrite": True}},
    ]
    (folder / "plan.yaml").write_text(yaml.safe_dump({"version": 1, "plan": plan}), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ekiben")), "apply", "plan.yaml", "--yes"]
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
    table = pd.read_csv(folder / "ours.csv")
    answered = [name for name in table if name.startswith("probability_")] or ["prediction"]
    found = table[answered].rename(columns=lambda name: name.removeprefix("probability_"))
    return found.fillna(found.mean())  # a row that the service would refuse gets no better than the mean answer


def main() -> None:
    """Answer for one table."""
    name, folder, target, task = sys.argv[1:5]
    kind, _, seconds = name.partition("@")
    more = {"seconds": int(seconds)} if seconds else {}
    globals()[kind](Path(folder), target, task, **more).to_csv(Path(folder) / "answers.csv", index=False)


if __name__ == "__main__":
    main()
