"""The evaluation report: one HTML file that needs nothing else, readable on a phone."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.files import write_text
from tools.core.learning import plots
from tools.core.learning.metrics import Goal, score, shown

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2.2rem}
.score{font-size:2.2rem;font-weight:600}.note{color:#555}
.warning{background:#fff4d6;border-left:4px solid #e0a800;padding:.5rem .8rem;margin:.5rem 0;overflow-wrap:anywhere}
.wide{overflow-x:auto}table{border-collapse:collapse}
td,th{padding:.25rem .9rem .25rem 0;text-align:left;border-bottom:1px solid #eee;vertical-align:top}
td{overflow-wrap:anywhere;max-width:34rem}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.plots{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;max-width:100%}svg{max-width:100%;height:auto}
pre{background:#f5f5f5;padding:.7rem;overflow-x:auto;font-size:.85rem}code{overflow-wrap:anywhere}
"""
Cell = str | float | int | None


def write_report(
    result: Any, y: Any, answers: Any, others: tuple[Any, Any], context: Context, model: Any, prepared: Any, goal: Goal
) -> None:
    """Write the report of an evaluation to `result.report`. `others` are what guessing and a simple model answered."""
    training, facts = model.record["result"], prepared.record["result"]
    title = f"{result.model}: {facts['target']}"
    sections = [
        ("", _headline(result, training) + _warnings(result.warnings)),
        ("How good it is", _against(result, y, others, goal)),
        ("Plots", f'<div class="plots">{"".join(_plots(y, answers, facts["labels"], goal))}</div>'),
        ("All metrics", _table(("metric", "score"), result.metrics.items())),
        ("Label by label", _labels(result)),
        ("Where it does worse", _slices(result)),
        ("What drives it", _importances(context, model, prepared)),
        ("What was tried", _tried(training)),
        ("What was asked", _asked(context, model, prepared)),
        ("What was decided about the data", _decisions(facts)),
        ("What may give the target away", _leaks(facts)),
        ("What it was made from", _lineage(result, training, facts, prepared)),
        ("How to make it again", _again(model, prepared, facts)),
    ]
    body = "".join(f"<h2>{escape(name)}</h2>{text}" if name else text for name, text in sections if text)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    html = (
        f'<!doctype html><html lang="en"><head>{head}<title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
    write_text(Path(result.report), html)


def _headline(result: Any, training: dict[str, Any]) -> str:
    low, high = result.interval
    seen = "rows it never saw" if result.openings is not None else "rows of another table"
    names = " + ".join(dict.fromkeys(member["estimator"] for member in training["members"]))
    openings = "once" if result.openings == 1 else f"{result.openings} times"
    return (
        f'<p><span class="score">{shown(result.score)}</span> {escape(result.metric)} on {result.rows:,} {seen}</p>'
        f'<p class="note">95 % interval {shown(low)} to {shown(high)}, by bootstrap over rows. Made by {escape(names)}.'
        + (f" The sealed test set was opened {openings}." if result.openings else "")
        + "</p>"
    )


def _warnings(warnings: list[str]) -> str:
    return "".join(f'<p class="warning">{escape(warning)}</p>' for warning in warnings)


def _against(result: Any, y: Any, others: tuple[Any, Any], goal: Goal) -> str:
    """The score beside the baselines, as a table and as a picture."""
    from tools.core.learning.baselines import simple_name
    from tools.core.learning.intervals import interval

    simple = interval(result.metric, y, others[1], goal)
    simple_score = score(result.metric, y, others[1], goal)
    names = [result.model, f"{simple_name(result.task)} at its defaults"]
    rows: list[Iterable[Cell]] = [
        (names[0], result.score, _between(result.interval)),
        (names[1], result.simple, _between(simple)),
        ("always guessing", result.baseline, ""),
    ]
    picture = plots.bars(
        names, [result.score, simple_score], [result.interval, simple], result.metric, [(result.baseline, ":")]
    )
    note = ""
    if result.calibration_error is not None:
        off = f"{100 * result.calibration_error:.1f}"
        note = f'<p class="note">Predicted probabilities are off by {off} percentage points on average.</p>'
    told = _table(("", result.metric, "95 % interval"), rows)
    return f'{told}<div class="plots">{picture}</div><p class="note">Dotted: always guessing.</p>{note}'


def _plots(y: Any, answers: Any, labels: list[Any], goal: Goal) -> list[str]:
    return plots.classification(y, answers, labels, goal) if labels else plots.regression(y, answers)


def _labels(result: Any) -> str:
    rows = [(str(each.label), each.rows, each.precision, each.recall, each.f1) for each in result.labels]
    return _table(("label", "rows", "precision", "recall", "f1"), rows) if rows else ""


def _slices(result: Any) -> str:
    if not result.slices:
        return "<p>No part of at least 50 rows does worse than the whole.</p>"
    rows = [(f"{each.column}: {each.value}", each.rows, each.score, _between(each.interval)) for each in result.slices]
    note = '<p class="note">The worst of many parts: some are here by chance, as their intervals tell.</p>'
    return _table(("part of the table", "rows", result.metric, "95 % interval"), rows) + note


def _importances(context: Context, model: Any, prepared: Any) -> str:
    from tools.core.learning.importance import importances_of

    found = importances_of(context, model, prepared)[: plots.MOST_BARS]
    if not found:
        return ""
    metric = model.record["result"]["metric"]
    values, intervals = [each.importance for each in found], [each.interval for each in found]
    picture = plots.bars([each.column for each in found], values, intervals, f"What {metric} loses", [(0.0, ":")])
    rows = [(each.column, each.importance, _between(each.interval)) for each in found]
    note = (
        '<p class="note">What the score loses when a column is shuffled, on training rows that each fold\'s model did '
        "not learn from.</p>"
    )
    return f'<div class="plots">{picture}</div>{_table(("column", "importance", "95 % interval"), rows)}{note}'


def _tried(training: dict[str, Any]) -> str:
    rows = [
        (_named(c), c["score"], c["seconds"], c["latency_ms"], c["note"])
        for c in sorted(training["candidates"], key=lambda c: c["score"] is None)
    ]
    chosen = ", ".join(f"{_named(m)} ({100 * m['weight']:.0f} %)" for m in training["members"])
    told = (
        f"<p>Kept: {escape(chosen)}. Scores are {escape(training['metric'])} by cross-validation on training rows.</p>"
    )
    return told + _table(("candidate", training["metric"], "seconds", "ms a row", ""), rows)


def _named(candidate: dict[str, Any]) -> str:
    return f"{candidate['estimator']}, {candidate['variant']}" if candidate["variant"] else str(candidate["estimator"])


def _asked(context: Context, model: Any, prepared: Any) -> str:
    """The request in its own words, and the arguments that somebody gave, step by step."""
    from tools.core.journal import Journal

    number = context.key.partition("/")[0]
    request = Journal(context.workspace).run(int(number))["request"] if number.isdigit() else ""
    said = f"<p>“{escape(request)}”</p>" if request else ""
    given = [("preprocess", prepared.record["arguments"]), ("train", model.record["arguments"])]
    return said + _table(("step", "arguments"), [(step, _arguments(args)) for step, args in given])


def _arguments(args: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in args.items() if value not in (None, [], "auto"))


def _decisions(facts: dict[str, Any]) -> str:
    """Each decision, and what to say to `ekiben preprocess` for something else."""
    lines = "".join(
        f"<tr><td>{escape(d['decision'])}</td><td><code>{escape(d['overrule'])}</code></td></tr>"
        for d in facts["decisions"]
    )
    return f'<div class="wide"><table><tr><th>decision</th><th>for something else</th></tr>{lines}</table></div>'


def _leaks(facts: dict[str, Any]) -> str:
    if not facts["suspects"]:
        return "<p>Nothing that the screen for leaks looks for was found.</p>"
    return "<ul>" + "".join(f"<li>{escape(why)}</li>" for why in facts["suspects"]) + "</ul>"


def _lineage(result: Any, training: dict[str, Any], facts: dict[str, Any], prepared: Any) -> str:
    dropped = ", ".join(f"{d['column']} ({d['reason']})" for d in facts["dropped"])
    positive = "" if facts["positive"] is None else f", positive label {facts['positive']}"
    rows = [
        ("Dataset", facts["dataset"]),
        ("Prepared dataset", result.prepared),
        ("Target", f"{facts['target']}{positive}"),
        ("Task", result.task),
        ("Training rows", f"{facts['train_rows']:,}"),
        ("Sealed rows", f"{facts['test_rows']:,} ({facts['split']})"),
        ("Rows set aside", f"{facts['set_aside']:,}"),
        ("Columns left out", dropped or "none"),
        ("Cross-validation score", f"{shown(training['score'])} ({_between(training['interval'])})"),
        ("Threshold", "the likelier label" if training["threshold"] is None else f"{training['threshold']:.4g}"),
        ("Hash of the training rows", prepared.record["train_sha256"]),
        ("Hash of the sealed rows", prepared.record["sealed_sha256"]),
    ]
    return _table(("", ""), rows)


def _again(model: Any, prepared: Any, facts: dict[str, Any]) -> str:
    """The commands that make the same model from the same dataset."""
    from tools.core.learning.models import versions

    steps = [
        _command("preprocess", facts["dataset"], prepared.record["arguments"], "dataset"),
        _command("train", prepared.tag, model.record["arguments"], "dataset"),
        f"ekiben evaluate {model.tag}",
    ]
    told = ", ".join(f"{name} {version}" for name, version in versions().items())
    text = escape("\n".join(steps))
    return f'<pre>{text}</pre><p class="note">With {escape(told)}. Or: ekiben export {escape(model.tag)}</p>'


def _command(tool: str, subject: str, args: dict[str, Any], positional: str) -> str:
    import shlex

    words = ["ekiben", tool, subject]
    for name, value in args.items():
        if name != positional and value not in (None, [], False):
            for each in value if isinstance(value, list) else [value]:
                words += [f"--{name.replace('_', '-')}", str(each)]
    return shlex.join(words)


def _between(interval: Any) -> str:
    low, high = interval
    return f"{shown(low)} to {shown(high)}"


def _table(heads: tuple[str, ...], rows: Iterable[Iterable[Cell]]) -> str:
    first = "".join(f"<th>{escape(head)}</th>" for head in heads) if any(heads) else ""
    lines = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{first}</tr>{lines}</table></div>'


def _cell(value: Cell) -> str:
    if isinstance(value, float):
        return f'<td class="n">{value:.4g}</td>'
    if isinstance(value, int):
        return f'<td class="n">{value:,}</td>'
    return f"<td>{escape('not defined' if value is None else value)}</td>"
