"""The BentoML service of a tutorial: a DataFrame in, the pipeline's probabilities out. All settings are defaults."""

import os
from typing import Any

import bentoml
import joblib
import numpy as np
import pandas as pd


@bentoml.service
class Tutorial:
    """Serves the pipeline."""

    def __init__(self) -> None:
        self.pipeline: Any = joblib.load(os.environ["PIPELINE"])

    @bentoml.api
    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Probabilities of no and yes."""
        found: np.ndarray = self.pipeline.predict_proba(rows)
        return found
