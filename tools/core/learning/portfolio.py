"""What `train` tries, in which order: estimators with settings that did well on tables of many kinds, best first."""

from dataclasses import dataclass, field
from typing import Any, Literal

RARE = 0.2
"""A label with a smaller share of the rows is weighed up in some candidates."""
SKEWED = 1.0
"""From so much skewness on, a target above zero is learned on a logarithmic scale too."""


@dataclass(frozen=True)
class Candidate:
    """An estimator with settings, and what is done to the target or the rows before it learns."""

    estimator: str
    variant: str = ""
    """What sets it apart from the estimator's first candidate, in a word or two."""
    settings: dict[str, Any] = field(default_factory=dict)
    log_target: bool = False
    encode: Literal["target", "both"] | None = None
    """How categories become numbers, where nobody asked for something else."""
    curved: bool = False
    """Numbers may have bent effects in a linear estimator."""
    balanced: bool = False
    """Every label weighs the same, however many rows it has."""

    @property
    def key(self) -> str:
        """A name that can be a folder's."""
        return f"{self.estimator}-{self.variant.replace(' ', '-')}" if self.variant else self.estimator


@dataclass(frozen=True)
class Facts:
    """What the plan depends on."""

    rows: int
    labels: int
    rarest: float
    """The share of the rarest label; 1 in regression."""
    skewed: bool
    """The target is a number above zero whose logarithm is closer to a normal distribution."""
    decides: bool
    """What counts is which label is answered, not how sure that is."""


SMALL_TREES = {"num_leaves": 6, "learning_rate": 0.06, "colsample_bytree": 0.5, "reg_lambda": 5.0}
RANDOM_SPLITS = {"extra_trees": True, "num_leaves": 31, "colsample_bytree": 0.9, "min_child_samples": 5}
LARGE_TREES = {"num_leaves": 63, "learning_rate": 0.04, "colsample_bytree": 0.5, "min_child_samples": 5}
PLAN = (
    Candidate("linear"),
    Candidate("lightgbm", encode="both"),
    Candidate("linear", "curved", {"C": 0.3}, curved=True),
    Candidate("lightgbm", "small trees", SMALL_TREES, encode="both"),
    Candidate("extra_trees", "target encoding", {"max_features": 0.8}, encode="target"),
    Candidate("lightgbm", "on logarithms", encode="both", log_target=True),
    Candidate("mlp"),
    Candidate("lightgbm", "random splits", RANDOM_SPLITS, encode="both"),
    Candidate("mlp", "deep", {"hidden_layer_sizes": (128, 64), "alpha": 0.1, "early_stopping": True}),
    Candidate("catboost", encode="both"),
    Candidate("lightgbm", "large trees", LARGE_TREES, encode="both"),
    Candidate("linear", "on logarithms", {"C": 0.3}, curved=True, log_target=True),
    Candidate("linear", "strongly regularised", {"C": 0.05, "alpha": 30.0}),
    Candidate("hist_gradient_boosting", encode="both"),
    Candidate("nearest_neighbors"),
    Candidate("random_forest"),
    Candidate("xgboost", encode="both"),
    Candidate("extra_trees"),
    Candidate("extra_trees", "on logarithms", {"max_features": 0.8}, encode="target", log_target=True),
)
"""Best first for their time, and different kinds before more of one kind."""
WEIGHED = ("linear", "lightgbm", "random_forest")


def portfolio(estimators: list[str], facts: Facts) -> list[Candidate]:
    """The candidates of some estimators in the order in which they are tried."""
    found = [c for c in PLAN if c.estimator in estimators and (facts.skewed or not c.log_target)]
    if facts.labels and facts.rarest < RARE and facts.decides:
        found += [Candidate(name, "balanced", balanced=True) for name in WEIGHED if name in estimators]
    return found


def seconds(candidate: Candidate, rows: int, columns: int, labels: int) -> float:
    """About how long one fit takes on one core; only ratios matter, since what was measured corrects it."""
    answers = labels if labels > 2 else 1
    cells = rows * columns
    rounds = 250 * answers
    seen = rows * min(100, max(8, 300_000 // rows))  # by a network, in all its epochs
    trees = 200 * rows * (0.8 if labels else max(columns, 2) * 0.2) * 1e-6
    return {
        "linear": 0.02 + cells * answers * (5e-7 if labels else 5e-8) * (3.0 if candidate.curved else 1.0),
        "lightgbm": 0.03 + rounds * (1.5e-4 + cells * 4e-9) * (2.5 if "large" in candidate.variant else 1.0),
        "hist_gradient_boosting": 0.05 + rounds * (3e-4 + cells * 6e-9),
        "extra_trees": 0.15 + trees * (2.0 if candidate.variant and labels else 1.0),
        "random_forest": 0.15 + 1.2 * trees,
        "catboost": 0.5 + 1_000 * answers * (5e-4 + cells * 1e-8),
        "xgboost": 0.1 + rounds * (1e-3 + cells * 8e-9),
        "mlp": 0.05 + seen * (2e-6 + columns * 1e-8) * (2.0 if candidate.variant else 1.0),
        "nearest_neighbors": 0.01 + rows * rows * (columns + 5) * 1e-9,
    }[candidate.estimator]
