"""BentoML's endpoint that does nothing."""

from typing import Any

import bentoml


@bentoml.service
class Nothing:
    """Takes what a model would take."""

    @bentoml.api
    def predict(self, rows: list[dict[str, Any]]) -> list[list[float]]:
        """No work."""
        return []
