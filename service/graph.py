"""A model's ONNX graph: encoded rows in, probabilities or numbers out, on one core a piece."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from service.members import Numbers

GRAPH_FILE = "graph.onnx"
PIECE = 1_024
"""Rows that are answered in one go; between pieces it is asked whether to go on."""


class Graph:
    """A loaded graph. Small requests stay on the thread that asks; large ones are spread over all cores."""

    def __init__(self, model: Path | bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # its own threads would spin while they wait
        options.enable_cpu_mem_arena = False  # it would keep the memory of the largest request for ever
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.width = int(self.session.get_inputs()[0].shape[1])
        self.threads: ThreadPoolExecutor | None = None

    def numbers(self, matrix: Numbers, go_on: Callable[[], None] = lambda: None) -> Numbers:
        """What the graph says of encoded rows; `go_on` may raise to stop the work between pieces."""
        if len(matrix) <= PIECE:
            return self._piece(matrix)

        def answer(start: int) -> Numbers:
            go_on()
            return self._piece(matrix[start : start + PIECE])

        self.threads = self.threads or ThreadPoolExecutor(len(os.sched_getaffinity(0)), "graph")
        return np.concatenate(list(self.threads.map(answer, range(0, len(matrix), PIECE))))

    def _piece(self, matrix: Numbers) -> Numbers:
        found: list[Any] = self.session.run(["y"], {"x": matrix})
        return np.asarray(found[0])
