"""The BentoML service of one model; its files, and which one it is, stand beside this package."""

import json
import sys
from pathlib import Path
from typing import Any

import bentoml

from service.http import Holder, HttpFace, answer_rows

BENTO = Path(__file__).parent.parent
TAG = json.loads((BENTO / "bento_model.json").read_text(encoding="utf-8"))["model"]
PACKAGES = json.loads((BENTO / "model" / "model.json").read_text(encoding="utf-8"))["packages"]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
IMAGE = bentoml.images.Image(base_image=f"python:{PYTHON}-slim", distro="none", python_version=PYTHON)
"""What `bentoml containerize` starts from; no distro, since that would install a compiler that no wheel needs."""
if "lightgbm" in PACKAGES:
    IMAGE.run("apt-get update && apt-get install -q -y --no-install-recommends libgomp1")


@bentoml.service(
    name=TAG.partition(":")[0],
    image=IMAGE,
    workers=1,
    tracing={"excluded_urls": ".*"},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    traffic={"timeout": 90, "max_concurrency": 100_000},
)
class ModelService:
    """Predicts rows. The HTTP face answers /predict; this class is what BentoML's client and tools see."""

    def __init__(self) -> None:
        from service.page import keep_files
        from service.runtime import Runtime

        keep_files()
        self.runtime = Runtime(BENTO / "model")
        Holder.runtime = self.runtime

    @bentoml.api
    def predict(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Predict each row."""
        return answer_rows(self.runtime, rows, "")


SERVICE: Any = ModelService
"""What the decorator made of the class: a BentoML Service."""
SERVICE.add_asgi_middleware(HttpFace, tag=TAG)
