"""Prints the seconds that the ONNX graph alone takes for so many encoded rows, the median of some runs."""

import statistics
import sys
import time
from pathlib import Path

import msgspec
import onnxruntime

from service.encoder import encode
from service.rows import check_rows
from service.runtime import Runtime

RUNS = 7

folder, body = Path(sys.argv[1]), Path(sys.argv[2])
runtime = Runtime(folder)
matrix = encode(runtime.features, check_rows(runtime.inputs, msgspec.json.decode(body.read_bytes())["rows"]).columns)
session = onnxruntime.InferenceSession(str(folder / "graph.onnx"), providers=["CPUExecutionProvider"])
name, took = session.get_inputs()[0].name, []
for _ in range(RUNS):
    began = time.perf_counter()
    session.run(None, {name: matrix})
    took.append(time.perf_counter() - began)
sys.stdout.write(f"{statistics.median(took)}\n")
