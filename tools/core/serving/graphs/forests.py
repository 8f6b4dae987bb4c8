"""All trees of all members in one ONNX node: each member's outputs are columns of what it gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tools.core.serving.graphs.trees import Array, Forest, NotConvertible, Tree
from tools.core.serving.graphs.writer import Writer

MOST_NODES = 12_000_000
"""A graph with more would take gigabytes to load."""
SUM = 1


@dataclass
class _Parts:
    """The node's attributes, tree by tree."""

    roots: list[int] = field(default_factory=list)
    nodes: dict[str, list[Array]] = field(default_factory=dict)
    leaves: dict[str, list[Array]] = field(default_factory=dict)
    inner: int = 0
    outer: int = 0

    def add(self, tree: Tree, places: Array, value: Array, target: int) -> None:
        """One tree that adds to one column."""
        leaf = tree.feature < 0
        number = np.where(leaf, np.cumsum(leaf) - 1 + self.outer, np.cumsum(~leaf) - 1 + self.inner)
        left, right = tree.left[~leaf], tree.right[~leaf]
        told = {
            "features": places[tree.feature[~leaf]],
            "splits": tree.threshold[~leaf],
            "left": number[left],
            "left_leaf": leaf[left],
            "right": number[right],
            "right_leaf": leaf[right],
            "missing": tree.missing_left[~leaf],
        }
        self.roots.append(self.inner)
        _append(self.nodes, told)
        _append(self.leaves, {"targets": np.full(int(leaf.sum()), target), "weights": value[leaf]})
        self.inner += int((~leaf).sum())
        self.outer += int(leaf.sum())


def write_forests(writer: Writer, forests: Sequence[tuple[Forest, Array]], width: int) -> str:
    """One node for all forests with the columns of `x` that each sees; gives rows × the sum of their outputs."""
    parts = _Parts()
    start: list[float] = []
    factor: list[float] = []
    for forest, columns in forests:
        base = len(start)
        start += list(forest.start)
        factor += [forest.factor] * forest.outputs
        for tree, only in zip(forest.trees, forest.only, strict=True):
            for output in range(forest.outputs) if only is None else [only]:
                value = tree.value[:, output if only is None else 0]
                if tree.feature[0] < 0:
                    start[base + output] += value[0]
                else:
                    parts.add(tree, columns, value, base + output)
        if parts.inner + parts.outer > MOST_NODES:
            raise NotConvertible(f"its trees have more than {MOST_NODES:,} nodes")
    if not parts.roots:
        raise NotConvertible("none of its trees asks anything")
    total = writer.add("TreeEnsemble", "x", domain="ai.onnx.ml", **_attributes(parts, len(start)))
    total = writer.calculate("Add", total, start) if any(start) else total
    # divided after the sum, as scikit-learn does, so that labels with equal shares stay equal
    return writer.calculate("Div", total, 1 / np.array(factor)) if set(factor) != {1.0} else total


def _append(kept: dict[str, list[Array]], told: dict[str, Array]) -> None:
    for name, values in told.items():
        kept.setdefault(name, []).append(values)


def _attributes(parts: _Parts, targets: int) -> dict[str, Any]:
    from onnx import TensorProto, helper

    nodes = {name: np.concatenate(values) for name, values in parts.nodes.items()}
    weights = np.concatenate(parts.leaves["weights"])
    modes = helper.make_tensor("modes", TensorProto.UINT8, [parts.inner], bytes(parts.inner), raw=True)
    return {
        "n_targets": targets,
        "aggregate_function": SUM,
        "post_transform": 0,
        "tree_roots": parts.roots,
        "nodes_featureids": nodes["features"].tolist(),
        "nodes_modes": modes,  # 0 everywhere: at most
        "nodes_splits": _doubles("splits", nodes["splits"]),
        "nodes_truenodeids": nodes["left"].tolist(),
        "nodes_trueleafs": nodes["left_leaf"].astype(int).tolist(),
        "nodes_falsenodeids": nodes["right"].tolist(),
        "nodes_falseleafs": nodes["right_leaf"].astype(int).tolist(),
        "nodes_missing_value_tracks_true": nodes["missing"].astype(int).tolist(),
        "leaf_targetids": np.concatenate(parts.leaves["targets"]).tolist(),
        "leaf_weights": _doubles("weights", weights),
    }


def _doubles(name: str, values: Array) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor(name, TensorProto.DOUBLE, values.shape, values.astype("<f8").tobytes(), raw=True)
