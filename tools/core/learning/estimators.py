"""The estimators that `train` tries, by the names that people use, cheapest first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.core.errors import BadArguments
from tools.core.learning.recipe import Family

TREES = 200
SMALL = 4_000
"""Up to so many rows one thread is faster than several that wait for each other."""


@dataclass(frozen=True)
class Estimator:
    """A kind of model: the numbers it wants, and how one is made."""

    family: Family
    make: Callable[[bool, int, int], Any]
    """(classification, rows, seed) → an unfitted scikit-learn estimator."""
    takes_gaps: bool = True


def _linear(classification: bool, rows: int, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    return LogisticRegression(max_iter=500, random_state=seed) if classification else Ridge(alpha=1.0)


def _forest(kind: str) -> Callable[[bool, int, int], Any]:
    def make(classification: bool, rows: int, seed: int) -> Any:
        from sklearn import ensemble

        made = getattr(ensemble, f"{kind}{'Classifier' if classification else 'Regressor'}")
        leaf = max(2 if classification else 1, rows // 10_000)
        features = "sqrt" if classification else 0.5
        return made(TREES, min_samples_leaf=leaf, max_features=features, n_jobs=_threads(rows), random_state=seed)

    return make


def _hist_gradient_boosting(classification: bool, rows: int, seed: int) -> Any:
    from sklearn import ensemble

    kind = "Classifier" if classification else "Regressor"
    return getattr(ensemble, f"HistGradientBoosting{kind}")(
        learning_rate=0.06,
        max_iter=400,
        max_leaf_nodes=15 if rows < 10_000 else 31,
        early_stopping=True,
        n_iter_no_change=15,
        random_state=seed,
    )


ESTIMATORS: dict[str, Estimator] = {
    "linear": Estimator("linear", _linear, takes_gaps=False),
    "hist_gradient_boosting": Estimator("boosting", _hist_gradient_boosting),
    "random_forest": Estimator("forest", _forest("RandomForest")),
    "extra_trees": Estimator("forest", _forest("ExtraTrees")),
}


def choose(names: list[str], takes_gaps: bool = False) -> list[str]:
    """The estimators to try, in the order they are tried; all when none is named, but for those that want no gaps.

    BadArguments on an unknown one, or on one that cannot take what it is given.
    """
    for name in names:
        if name not in ESTIMATORS:
            raise BadArguments(f"There is no estimator {name!r} here.", f"Choose from: {', '.join(ESTIMATORS)}.")
        if takes_gaps and not ESTIMATORS[name].takes_gaps:
            raise BadArguments(
                f"{name!r} cannot learn from missing values, and --impute none leaves them.",
                "Prepare it again with --impute median, or choose another estimator.",
            )
    fitting = [name for name, estimator in ESTIMATORS.items() if estimator.takes_gaps or not takes_gaps]
    return [name for name in fitting if name in names or not names]


def _threads(rows: int) -> int:
    return 1 if rows <= SMALL else -1
