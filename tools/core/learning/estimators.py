"""The estimators that `train` tries, by the names that people use: how each is made, and what it wants."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from tools.core.errors import BadArguments, NeedsExtra
from tools.core.learning.recipe import Family

Settings = dict[str, Any]
DISTRIBUTIONS = {"catboost": "catboost", "xgboost": "xgboost-cpu"}
"""What the optional estimators' packages are installed by; xgboost's own carries a library for graphics cards."""


@dataclass(frozen=True)
class Wanted:
    """What an estimator is made for."""

    classification: bool
    labels: int
    rows: int
    seed: int


@dataclass(frozen=True)
class Estimator:
    """A kind of model: the numbers it wants, how one is made, and how it is fitted."""

    family: Family
    make: Callable[[Wanted, Settings], Any]
    """An unfitted estimator with scikit-learn's methods, on one thread."""
    takes_gaps: bool = True
    takes_weights: bool = True
    boosts: bool = False
    """It is fitted round by round, and watched on rows that it does not learn from."""
    can_be_short: bool = False
    """It can stop after any round, when its time is up."""
    bagged: bool = False
    """What is kept is the mean of the folds' models, not one that was fitted on all rows."""
    scales_target: bool = False
    """A target of numbers is standardised for it."""
    package: str | None = None
    """An optional package that it comes from."""


def _linear(wanted: Wanted, settings: Settings) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    if wanted.classification:
        return LogisticRegression(C=settings.get("C", 1.0), max_iter=500, random_state=wanted.seed)
    return Ridge(alpha=settings.get("alpha", 1.0))


def _forest(kind: str) -> Callable[[Wanted, Settings], Any]:
    def make(wanted: Wanted, settings: Settings) -> Any:
        from sklearn import ensemble

        made = getattr(ensemble, f"{kind}{'Classifier' if wanted.classification else 'Regressor'}")
        given = {
            "n_estimators": 200,
            "min_samples_leaf": max(2 if wanted.classification else 1, wanted.rows // 10_000),
            "max_features": "sqrt" if wanted.classification else 0.5,
        }
        return made(**given | settings, n_jobs=1, random_state=wanted.seed)

    return make


def _hist_gradient_boosting(wanted: Wanted, settings: Settings) -> Any:
    from sklearn import ensemble

    made = getattr(ensemble, f"HistGradientBoosting{'Classifier' if wanted.classification else 'Regressor'}")
    given = {
        "learning_rate": 0.06,
        "max_iter": 500,
        "max_leaf_nodes": 15 if wanted.rows < 10_000 else 31,
        "n_iter_no_change": 20,
    }
    return made(**given | settings, early_stopping=True, scoring="loss", random_state=wanted.seed)


def _lightgbm(wanted: Wanted, settings: Settings) -> Any:
    import lightgbm

    made = lightgbm.LGBMClassifier if wanted.classification else lightgbm.LGBMRegressor
    given = {
        "n_estimators": 2_000,
        "learning_rate": 0.05,
        "num_leaves": 15 if wanted.rows < 10_000 else 31,
        "colsample_bytree": 0.8,
        "subsample": 0.8,
        "subsample_freq": 1,
        "min_child_samples": 10 if wanted.rows < 2_000 else 20,
    }
    fixed: dict[str, Any] = {"deterministic": True, "force_row_wise": True, "n_jobs": 1, "verbose": -1}
    return made(**given | settings, **fixed, random_state=wanted.seed)


def _xgboost(wanted: Wanted, settings: Settings) -> Any:
    import xgboost

    made = xgboost.XGBClassifier if wanted.classification else xgboost.XGBRegressor
    given = {
        "n_estimators": 2_000,
        "learning_rate": 0.05,
        "max_depth": 5 if wanted.rows < 10_000 else 7,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
        "early_stopping_rounds": 40,
    }
    return made(**given | settings, n_jobs=1, tree_method="hist", random_state=wanted.seed)


def _catboost(wanted: Wanted, settings: Settings) -> Any:
    import catboost

    made = catboost.CatBoostClassifier if wanted.classification else catboost.CatBoostRegressor
    # its own choice of a rate would depend on the number of rounds
    given = {"iterations": 1_000, "learning_rate": 0.05, "od_type": "Iter", "od_wait": 50}
    fixed: dict[str, Any] = {"thread_count": 1, "verbose": False, "allow_writing_files": False, "use_best_model": False}
    return made(**given | settings, **fixed, random_seed=wanted.seed)


def _mlp(wanted: Wanted, settings: Settings) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    made = MLPClassifier if wanted.classification else MLPRegressor
    epochs = int(min(100, max(8, 300_000 // wanted.rows)))
    given = {"hidden_layer_sizes": (128,), "alpha": 1.0, "learning_rate_init": 0.003, "max_iter": epochs}
    patience = epochs if "early_stopping" not in settings else 12
    return made(**given | settings, tol=0.0, n_iter_no_change=patience, random_state=wanted.seed)


def _nearest_neighbors(wanted: Wanted, settings: Settings) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    made = KNeighborsClassifier if wanted.classification else KNeighborsRegressor
    neighbors = int(min(wanted.rows, max(5, min(50, wanted.rows**0.5 / 2))))
    given = {"n_neighbors": neighbors, "weights": "distance"}
    return made(**given | settings, algorithm="brute", n_jobs=1)


ESTIMATORS: dict[str, Estimator] = {
    "linear": Estimator("linear", _linear, takes_gaps=False),
    "lightgbm": Estimator("boosting", _lightgbm, boosts=True, can_be_short=True, bagged=True),
    "extra_trees": Estimator("forest", _forest("ExtraTrees")),
    "random_forest": Estimator("forest", _forest("RandomForest")),
    "hist_gradient_boosting": Estimator("boosting", _hist_gradient_boosting, boosts=True, bagged=True),
    "catboost": Estimator("boosting", _catboost, boosts=True, bagged=True, package="catboost"),
    "xgboost": Estimator("boosting", _xgboost, boosts=True, bagged=True, package="xgboost"),
    "mlp": Estimator("linear", _mlp, takes_gaps=False, bagged=True, scales_target=True),
    "nearest_neighbors": Estimator("linear", _nearest_neighbors, takes_gaps=False, takes_weights=False),
}


def choose(names: list[str], takes_gaps: bool = False, weighted: bool = False) -> list[str]:
    """The estimators to try; when none is named, all that are installed and can take what they are given.

    BadArguments on an unknown one, or on one that cannot; NeedsExtra on one whose package is missing.
    """
    for name in names:
        _check(name, takes_gaps, weighted)
    return [n for n in ESTIMATORS if n in names or (not names and _fits(n, takes_gaps, weighted) and installed(n))]


def installed(name: str) -> bool:
    """Whether an estimator's package is there."""
    package = ESTIMATORS[name].package
    return package is None or find_spec(package) is not None


def _fits(name: str, takes_gaps: bool, weighted: bool) -> bool:
    declared = ESTIMATORS[name]
    return (declared.takes_gaps or not takes_gaps) and (declared.takes_weights or not weighted)


def _check(name: str, takes_gaps: bool, weighted: bool) -> None:
    if name not in ESTIMATORS:
        raise BadArguments(f"There is no estimator {name!r} here.", f"Choose from: {', '.join(ESTIMATORS)}.")
    if takes_gaps and not ESTIMATORS[name].takes_gaps:
        raise BadArguments(
            f"{name!r} cannot learn from missing values, and --impute none leaves them.",
            "Prepare it again with --impute median, or choose another estimator.",
        )
    if weighted and not ESTIMATORS[name].takes_weights:
        raise BadArguments(
            f"{name!r} cannot weigh rows, and the table was prepared with --weight-column.",
            "Choose another estimator, or prepare it again without.",
        )
    if not installed(name):
        raise NeedsExtra(
            f"{name!r} needs a package that is not installed.",
            f"Install it: {sys.executable} -m pip install {DISTRIBUTIONS[name]}",
        )
