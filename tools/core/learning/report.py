"""The evaluation report: one HTML file that needs nothing else, with plots by scikit-learn's own displays."""

import warnings
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

from tools.core.files import write_text
from tools.core.learning.metrics import Goal
from tools.core.learning.models import goal_of

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
.score{font-size:2.2rem;font-weight:600}.note{color:#555}
.warning{background:#fff4d6;border-left:4px solid #e0a800;padding:.5rem .8rem;margin:.5rem 0}
table{border-collapse:collapse}td,th{padding:.25rem .9rem .25rem 0;text-align:left;border-bottom:1px solid #eee}
td.n{text-align:right;font-variant-numeric:tabular-nums}.plots{display:flex;flex-wrap:wrap;gap:1rem}
.plots svg{max-width:100%;height:auto}
"""


def write_report(result: Any, y: Any, answers: Any, facts: dict[str, Any], prepared: dict[str, Any]) -> None:
    """Write the report of an evaluation to `result.report`."""
    goal = goal_of(facts)
    plots = "".join(_regression(y, answers) if goal.task == "regression" else _classification(y, answers, facts, goal))
    body = [
        f"<h1>{escape(result.model)}: {escape(facts['target'])}</h1>",
        _headline(result),
        "".join(f'<p class="warning">{escape(warning)}</p>' for warning in result.warnings),
        f'<h2>Plots</h2><div class="plots">{plots}</div>',
        "<h2>All metrics</h2>" + _table(result.metrics.items()),
        "<h2>What it was made from</h2>" + _table(_lineage(result, facts, prepared)),
        "<h2>What was decided about the data</h2>" + _decisions(prepared["decisions"]),
    ]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    html = (
        f'<!doctype html><html lang="en"><head>{head}<title>{escape(result.model)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )
    write_text(Path(result.report), html)


def _headline(result: Any) -> str:
    low, high = result.interval
    seen = "rows it never saw" if result.openings is not None else "rows of another table"
    return (
        f'<p><span class="score">{result.score:.4g}</span> {escape(result.metric)} on {result.rows:,} {seen}</p>'
        f'<p class="note">95 % interval {low:.4g} to {high:.4g} (bootstrap over rows). '
        f"Always guessing scores {result.baseline:.4g} on the same rows."
        + (f" The sealed test set was opened {result.openings} time(s)." if result.openings else "")
        + "</p>"
    )


def _lineage(result: Any, facts: dict[str, Any], prepared: dict[str, Any]) -> list[tuple[str, Any]]:
    dropped = ", ".join(f"{d['column']} ({d['reason']})" for d in prepared["dropped"])
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return [
        ("Prepared dataset", result.prepared),
        ("Dataset", prepared["dataset"]),
        ("Target", f"{facts['target']}, positive label {facts['positive']}" if facts["positive"] else facts["target"]),
        ("Task", result.task),
        ("Estimator", facts["estimator"]),
        ("Cross-validation score", f"{facts['score']:.4g} {facts['metric']}"),
        ("Training rows", f"{prepared['train_rows']:,}"),
        ("Sealed rows", f"{prepared['test_rows']:,} ({prepared['split']})"),
        ("Rows set aside", f"{prepared['set_aside']:,}"),
        ("Columns left out", dropped or "none"),
        ("Seed", facts["seed"]),
        ("Versions", versions),
    ]


def _decisions(decisions: list[dict[str, Any]]) -> str:
    """Each decision, and what to say to `ekiben preprocess` for something else."""
    lines = "".join(
        f"<tr><td>{escape(d['decision'])}</td><td><code>{escape(d['overrule'])}</code></td></tr>" for d in decisions
    )
    return f"<table><tr><th>decision</th><th>for something else</th></tr>{lines}</table>"


def _table(pairs: Any) -> str:
    return "<table>" + "".join(_line(*pair) for pair in pairs) + "</table>"


def _line(name: str, value: Any) -> str:
    shown = "not defined" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    kind = ' class="n"' if isinstance(value, float) else ""
    return f"<tr><td>{escape(name)}</td><td{kind}>{escape(shown)}</td></tr>"


def _classification(y: Any, answers: Any, facts: dict[str, Any], goal: Goal) -> list[str]:
    from sklearn.calibration import CalibrationDisplay
    from sklearn.metrics import ConfusionMatrixDisplay, PrecisionRecallDisplay, RocCurveDisplay

    names = [str(label) for label in facts["labels"]]
    big = len(names) > 12

    def confusion(axes: Any) -> None:
        ConfusionMatrixDisplay.from_predictions(
            y,
            answers.argmax(axis=1),
            labels=list(range(len(names))),
            display_labels=names,
            ax=axes,
            colorbar=False,
            include_values=not big,
            xticks_rotation="vertical" if big else "horizontal",
            cmap="Blues",
        )

    plots = [_svg(confusion, "Confusion matrix")]
    if goal.task == "binary":
        hit, chance = (y == goal.positive).astype(int), answers[:, goal.positive]
        if 0 < hit.sum() < len(hit):
            for kind, title in ((RocCurveDisplay, "ROC"), (PrecisionRecallDisplay, "Precision and recall")):
                plots.append(_svg(lambda axes, kind=kind: kind.from_predictions(hit, chance, ax=axes), title))
            calibration = _svg(
                lambda axes: CalibrationDisplay.from_predictions(hit, chance, n_bins=10, ax=axes), "Calibration"
            )
            plots.append(calibration)
    return plots


def _regression(y: Any, answers: Any) -> list[str]:
    from sklearn.metrics import PredictionErrorDisplay

    kinds = (("actual_vs_predicted", "Actual and predicted"), ("residual_vs_predicted", "Residuals"))
    return [
        _svg(lambda axes, kind=kind: PredictionErrorDisplay.from_predictions(y, answers, kind=kind, ax=axes), title)
        for kind, title in kinds
    ]


def _svg(draw: Any, title: str) -> str:
    """One plot as inline SVG, the same bytes for the same numbers."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "ekiben", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(4.6, 3.8), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        draw(axes)
        axes.set_title(title)
        buffer = StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # texts stay texts: the browser has the font
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
