"""Greedy ensembling (Caruana et al. 2004): the mean of several candidates, where it is better beyond noise."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from tools.core.learning.metrics import Goal, better, score
from tools.core.learning.paired import paired_gain

BAGS = 10
"""The choice is made on so many halves of the rows, and its weights are averaged, lest it fit one sample's noise."""
PICKS = 5
"""Candidates are added with replacement so often; how often one was taken is its weight."""
MOST_MEMBERS = 4


def bagged(metric: str, y: Any, answers: Mapping[str, Any], goal: Goal, weights: Any = None) -> dict[str, float]:
    """Weights of at most four candidates, by name, whose mean scores best out of fold; they add up to 1."""
    random = np.random.default_rng(0)
    total: Counter[str] = Counter()
    for _ in range(BAGS):
        rows = random.permutation(len(y))[: max(len(y) // 2, min(len(y), 50))]
        given = None if weights is None else weights[rows]
        total.update(greedy(metric, y[rows], {n: a[rows] for n, a in answers.items()}, goal, given))
    kept = sorted(total, key=lambda name: (-total[name], list(answers).index(name)))[:MOST_MEMBERS]
    whole = sum(total[name] for name in kept)
    return {name: total[name] / whole for name in answers if name in kept}


def greedy(metric: str, y: Any, answers: Mapping[str, Any], goal: Goal, weights: Any = None) -> "Counter[str]":
    """Weights of the candidates that one greedy walk picks; they add up to 1."""
    names = list(answers)
    best_names: list[str] = []
    best_score = float("nan")
    chosen: list[str] = []
    total = np.zeros_like(answers[names[0]])
    for count in range(1, PICKS + 1):
        scores = {n: score(metric, y, (total + answers[n]) / count, goal, weights) for n in names}
        pick = names[0]
        for name in names[1:]:
            if better(metric, scores[name], scores[pick]):
                pick = name
        chosen.append(pick)
        total = total + answers[pick]
        if not best_names or better(metric, scores[pick], best_score):
            best_names, best_score = list(chosen), scores[pick]
    return Counter({name: times / len(best_names) for name, times in Counter(best_names).items()})


def mixed(answers: Mapping[str, Any], shares: Mapping[str, float]) -> Any:
    """The weighted mean of some candidates' answers."""
    return sum(share * answers[name] for name, share in shares.items())


def worth_it(
    metric: str, y: Any, ensemble: Any, single: Any, goal: Goal, weights: Any = None, units: Any = None
) -> bool:
    """Whether an ensemble's gain over the best single candidate exceeds its standard error."""
    gain = paired_gain(metric, y, ensemble, single, (goal, goal), weights, units, resamples=60)
    return gain.mean > gain.error
