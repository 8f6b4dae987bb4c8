"""The BentoML service of one model; its files, and which one it is, stand beside this package."""

import json
from pathlib import Path
from typing import Any

import bentoml

from service.http import Holder, HttpFace, answer_rows

BENTO = Path(__file__).parent.parent
TAG = json.loads((BENTO / "bento_model.json").read_text(encoding="utf-8"))["model"]


@bentoml.service(
    name=TAG.partition(":")[0],
    workers=1,
    tracing={"excluded_urls": ".*"},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    traffic={"timeout": 90, "max_concurrency": 100_000},
)
class ModelService:
    """Predicts rows. The HTTP face answers /predict; this class is what BentoML's client and tools see."""

    def __init__(self) -> None:
        from service.runtime import Runtime

        self.runtime = Runtime(BENTO / "model")
        Holder.runtime = self.runtime

    @bentoml.api
    def predict(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Predict each row."""
        return answer_rows(self.runtime, rows, "")


SERVICE: Any = ModelService
"""What the decorator made of the class: a BentoML Service."""
SERVICE.add_asgi_middleware(HttpFace, tag=TAG)
