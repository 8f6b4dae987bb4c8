"""From chosen candidates to the files of a model: one encoder for all members, estimators without pickle."""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.encoder import encode, names
from service.members import Member, combined
from service.runtime import ENCODER_FILE, ESTIMATORS, TRUSTED
from tools.core.learning.candidate import Problem, traits
from tools.core.learning.polish import Calibration
from tools.core.learning.portfolio import Candidate
from tools.core.learning.recipe import take

MANY_NODES = 500_000
"""A graph of so many nodes takes about a second to make."""
REPEATS = 15
SECONDS = 0.3
"""How long one row's latency is measured at most."""


@dataclass(frozen=True)
class Part:
    """A candidate's share of a model: files of fitted estimators, each one's features, how answers are calibrated."""

    candidate: Candidate
    files: Sequence[Path]
    features: Sequence[list[dict[str, Any]]]
    calibration: Calibration
    share: float = 1.0


def assembled(parts: Sequence[Part], problem: Problem) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Path]]:
    """The features of all members without repetition, what is told of each member, and the members' files."""
    features: list[dict[str, Any]] = []
    places: dict[str, list[int]] = {}
    told, files = [], []
    for part in parts:
        for file, own in zip(part.files, part.features, strict=True):
            columns = [place for feature in own for place in _placed(feature, features, places)]
            calibration = {"slope": part.calibration.slope, "intercept": part.calibration.intercept}
            weight = part.share / len(part.files)
            told.append(traits(part.candidate, problem) | calibration | {"columns": columns, "weight": weight})
            files.append(file)
    width = sum(map(len, places.values()))
    for member in told:
        if member["columns"] == list(range(width)):
            member["columns"] = None
    return features, told, files


def _placed(feature: dict[str, Any], features: list[dict[str, Any]], places: dict[str, list[int]]) -> list[int]:
    """Where a feature's numbers stand in the matrix of all; it is added where it is new."""
    key = json.dumps(feature, sort_keys=True)
    if key not in places:
        start = sum(map(len, places.values()))
        features.append(feature)
        places[key] = list(range(start, start + len(names([feature]))))
    return places[key]


def dump(estimator: Any, path: Path) -> None:
    """Write an estimator without pickle, and see that the runtime trusts all that is in it."""
    import skops.io

    path.parent.mkdir(parents=True, exist_ok=True)
    skops.io.dump(estimator, path)
    unknown = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
    if unknown:
        raise TypeError(f"types that the runtime does not trust: {sorted(unknown)}")


def write(folder: Path, features: list[dict[str, Any]], told: Sequence[dict[str, Any]], files: Sequence[Path]) -> None:
    """Write the encoder's file, and copy the estimators beside it."""
    (folder / ESTIMATORS).mkdir(parents=True)
    text = json.dumps({"features": features, "members": list(told)}, ensure_ascii=False)
    (folder / ENCODER_FILE).write_text(text, encoding="utf-8")
    for number, file in enumerate(files):
        shutil.copyfile(file, folder / ESTIMATORS / f"{number}.skops")


def latency_ms(features: list[dict[str, Any]], members: Sequence[Member], problem: Problem) -> float:
    """Milliseconds to encode and answer one row as it will be served, the median of some."""
    answer = _as_served(features, members, problem.goal.labels)
    took = []
    began = time.perf_counter()
    for number in range(REPEATS):
        row = take(problem.columns, np.array([number % len(problem.y)]))
        start = time.perf_counter()
        answer(encode(features, row))
        took.append(time.perf_counter() - start)
        if time.perf_counter() - began > SECONDS:
            break
    return float(np.median(took[1:] or took) * 1_000)


def _as_served(features: list[dict[str, Any]], members: Sequence[Member], labels: int) -> Callable[[Any], Any]:
    """What answers encoded rows: the members' graph; they themselves where there is none, or making it takes long."""
    from service.graph import Graph
    from tools.core.serving.graphs.convert import convert
    from tools.core.serving.graphs.trees import NotConvertible

    try:
        if sum(map(_nodes, members)) > MANY_NODES:
            raise NotConvertible("it takes seconds")
        return Graph(convert(members, len(names(features)), labels)).numbers
    except NotConvertible:
        return lambda matrix: combined(members, matrix, labels)


def _nodes(member: Member) -> int:
    """How many nodes the trees of a forest have."""
    trees = getattr(member.estimator, "estimators_", [])
    return sum(tree.tree_.node_count for tree in trees)
