"""The report's plots by scikit-learn's own displays, as SVG that stands in the page."""

import warnings
from collections.abc import Callable
from functools import partial
from io import StringIO
from typing import Any

from tools.core.learning.metrics import Goal

MANY_LABELS = 12
MOST_BARS = 15


def classification(y: Any, answers: Any, labels: list[Any], goal: Goal) -> list[str]:
    """Confusion matrix, ROC, precision and recall, calibration; curves of the positive label, or of each of a few."""
    from service.runtime import decided

    names = [str(label) for label in labels]
    plots = [svg(lambda axes: _confusion(axes, y, decided(answers, goal.threshold, goal.positive), names), "Confusion")]
    places = [goal.positive] if goal.task == "binary" else list(range(min(len(labels), 6)))
    there = [place for place in places if 0 < (y == place).sum() < len(y)]
    if there:
        for kind in ("ROC", "Precision and recall", "Calibration"):
            plots.append(svg(partial(_curves, kind=kind, y=y, answers=answers, places=there, names=names), kind))
    return plots


def regression(y: Any, answers: Any) -> list[str]:
    """Predicted against actual, and residuals."""
    from sklearn.metrics import PredictionErrorDisplay

    kinds = (("actual_vs_predicted", "Actual and predicted"), ("residual_vs_predicted", "Residuals"))
    given: dict[str, Any] = {"subsample": 1_000, "random_state": 0}

    def draw(axes: Any, kind: str) -> None:
        PredictionErrorDisplay.from_predictions(y, answers, kind=kind, ax=axes, **given)

    return [svg(partial(draw, kind=kind), title) for kind, title in kinds]


def bars(
    names: list[str], values: list[float], intervals: list[tuple[float, float]], title: str, lines: Any = ()
) -> str:
    """Values with their intervals, the first on top; `lines` are dotted, each with its name."""

    def draw(axes: Any) -> None:
        places = list(range(len(names)))[::-1]
        errors = [[v - low for v, (low, _) in zip(values, intervals, strict=True)]]
        errors.append([high - v for v, (_, high) in zip(values, intervals, strict=True)])
        clipped = [[max(0.0, e) for e in side] for side in errors]
        axes.errorbar(values, places, xerr=clipped, fmt="o", capsize=3, color="#2b6cb0")
        axes.set_yticks(places, [_short(name) for name in names])
        for value, style in lines:
            axes.axvline(value, linestyle=style, color="#999", linewidth=1)
        axes.margins(y=0.25 if len(names) < 4 else 0.1)
        axes.grid(axis="x", color="#eee")

    return svg(draw, title, min(3.8, 1.0 + 0.35 * len(names)))


def svg(draw: Callable[[Any], Any], title: str, height: float = 3.8) -> str:
    """One plot as inline SVG, the same bytes for the same numbers."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": f"ekiben-{title}", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(4.6, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        draw(axes)
        axes.set_title(title)
        buffer = StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # texts stay texts: the browser has the font
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    named = text[text.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
    return f"<figure>{named}</figure>"


def _confusion(axes: Any, y: Any, called: Any, names: list[str]) -> None:
    from sklearn.metrics import ConfusionMatrixDisplay

    many = len(names) > MANY_LABELS
    ConfusionMatrixDisplay.from_predictions(
        y,
        called,
        labels=list(range(len(names))),
        display_labels=[_short(name) for name in names],
        ax=axes,
        colorbar=False,
        include_values=not many,
        xticks_rotation="vertical" if many else "horizontal",
        cmap="Blues",
    )


def _curves(axes: Any, kind: str, y: Any, answers: Any, places: list[int], names: list[str]) -> None:
    from sklearn.calibration import CalibrationDisplay
    from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay

    for place in places:
        hit, chance, name = (y == place).astype(int), answers[:, place], _short(names[place])
        if kind == "Calibration":
            CalibrationDisplay.from_predictions(hit, chance, n_bins=8, strategy="quantile", ax=axes, name=name)
        else:
            display = RocCurveDisplay if kind == "ROC" else PrecisionRecallDisplay
            display.from_predictions(hit, chance, ax=axes, name=name)
    if kind == "ROC":
        axes.plot([0, 1], [0, 1], linestyle=":", color="#999")


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"
