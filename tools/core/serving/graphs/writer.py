"""Writes an ONNX graph node by node; every number in it is a 64-bit one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

OPSET, TREES_OPSET, IR = 20, 5, 10
"""ONNX 1.17 and its tree operator for 64-bit numbers; runtimes of 2025 and later know them."""


class Writer:
    """Nodes and constants so far. Values are known by their names."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any, kind: Any = np.float64) -> str:
        """A constant's name."""
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(np.asarray(value, dtype=kind)), name))
        return name

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node; the name of what it gives."""
        from onnx import helper

        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], domain=domain, **attributes))
        return name

    def calculate(self, op: str, value: str, other: Any) -> str:
        """A node of a value and a constant."""
        return self.add(op, value, self.constant(other))

    def columns(self, value: str, places: Sequence[int]) -> str:
        """Some columns of a matrix."""
        return self.add("Gather", value, self.constant(places, np.int64), axis=1)

    def model(self, width: int, output: str, shape: Sequence[Any]) -> bytes:
        """The whole model: `x` (rows × width) to the output, named `y`."""
        from onnx import TensorProto, helper

        self.nodes.append(helper.make_node("Identity", [output], ["y"]))
        graph = helper.make_graph(
            self.nodes,
            "ekiben",
            [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["rows", width])],
            [helper.make_tensor_value_info("y", TensorProto.DOUBLE, ["rows", *shape])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREES_OPSET)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=IR, producer_name="ekiben")
        return bytes(made.SerializeToString())
