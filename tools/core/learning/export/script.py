"""Writes the script: the template, filled with what the records of a model and its prepared dataset say."""

import base64
import inspect
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from service import derive, encoder, values
from tools.core.context import Context
from tools.core.errors import DataRefused
from tools.core.learning import estimators
from tools.core.learning.candidate import Problem, folds_of, traits
from tools.core.learning.estimators import ESTIMATORS
from tools.core.learning.export.text import pretty, prose, wrapped
from tools.core.learning.portfolio import PLAN, Candidate
from tools.core.store import Artifact
from tools.core.tables.column import Column

KINDS = {"numeric": "number", "boolean": "truth", "categorical": "category", "datetime": "moment", "text": "text"}
TRAINED, AWAY = 254, 255
CANONICAL = """.map(
            lambda text: canonical_text(text) if text is not None and text == text else text
        ) if form.get("canonical") else texts"""


def script(context: Context, model: Artifact, prepared: Artifact, problem: Problem, groups: Any, file: str) -> str:
    """The script's text. DataRefused where the table is of a form that it cannot read."""
    facts, training = prepared.record["result"], model.record["result"]
    if any(member["estimator"] == "catboost" for member in training["members"]):
        raise DataRefused(
            f"{model.tag} uses CatBoost, which grows other trees when it is told its rounds beforehand: a script would "
            "not train the same model.",
            "Train it with other --estimators to export it.",
        )
    dataset = context.find(f"dataset/{facts['dataset']}", "dataset")
    inputs = problem.inputs
    members = [_member(member, problem, model) for member in training["members"]]
    folds, order = _folds(prepared, problem, groups, len_of(dataset))
    filled = {
        "model": model.tag,
        "file": file,
        "target": prose(" ".join(facts["target"].split())),
        "source": prose(Path(dataset.record["source"]["path"]).name),
        "packages": " and ".join(["pandas, scikit-learn", *_packages(members)]),
        "about": prose(_about(model, facts)),
        "target_name": repr(facts["target"]),
        "labels": repr(facts["labels"]),
        "positive": repr(facts["positive"]),
        "threshold": repr(training["threshold"]),
        "rows": repr(len_of(dataset)),
        "columns": pretty({column["name"]: _column(column) for column in inputs["columns"]}),
        "folds": wrapped(base64.b64encode(zlib.compress(folds.tobytes(), 9)).decode()),
        "members": pretty(members),
        **{name: repr(prepared.record["recipe"][name]) for name in ("impute", "scale", "encode")},
        "read": _read(dataset),
        "true_words": repr(sorted(values.TRUE_WORDS)),
        "false_words": repr(sorted(values.FALSE_WORDS)),
        "order": order,
        "kinds": pretty(_kinds(inputs)),
        "words": _words(),
        "parts": _parts(),
        "makers": _makers(members),
        "read_target": _target(prepared, facts),
        "weights": _weights(prepared, dataset, problem),
        **_helpers(prepared, inputs),
    }
    text = (Path(__file__).parent / "template.py.txt").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: filled[found.group(1)], text)


def len_of(dataset: Artifact) -> int:
    """How many rows a dataset has."""
    return int(dataset.record["result"]["rows"])


def _about(model: Artifact, facts: Mapping[str, Any]) -> str:
    from tools.core.learning.models import versions

    known = {name: version for name, version in versions().items() if name not in ("ekiben", "skops")}
    told = ", ".join(f"{name} {version}" for name, version in known.items())
    gone = " ".join(", ".join(dropped["column"] for dropped in facts["dropped"]).split())
    lines = [
        f"Made with {told}: other versions may give a slightly other model.",
        f"Seed {model.record['arguments']['seed']}.",
    ]
    return "\n".join([*lines, *([f"Columns left out: {gone}."] if gone else [])])


def _member(told: Mapping[str, Any], problem: Problem, model: Artifact) -> dict[str, Any]:
    candidate = candidate_of(told["estimator"], told["variant"])
    declared = ESTIMATORS[candidate.estimator]
    read = {"center": 0.0, "scale": 1.0, "exponential": False, "shift": 0.0, "low": None, "high": None}
    return {
        "estimator": candidate.estimator,
        "variant": candidate.variant,
        "family": declared.family,
        "encode": candidate.encode or "auto",
        "curved": candidate.curved,
        "balanced": candidate.balanced,
        "bagged": told["bagged"],
        "settings": dict(candidate.settings),
        "rounds": told["rounds"],
        "weight": told["weight"],
        "slope": told["slope"],
        "intercept": told["intercept"],
        "seed": model.record["arguments"]["seed"],
        **(read | {name: value for name, value in traits(candidate, problem).items() if name in read}),
    }


def candidate_of(estimator: str, variant: str) -> Candidate:
    """The candidate of that name."""
    for candidate in PLAN:
        if (candidate.estimator, candidate.variant) == (estimator, variant):
            return candidate
    return Candidate(estimator, variant, balanced=variant == "balanced")


def _folds(prepared: Artifact, problem: Problem, groups: Any, rows: int) -> tuple[Any, str]:
    """Each row's fold, and how the known rows are put into the order that they were trained in."""
    import pandas as pd

    from tools.core.learning.sides import ROWS

    told = pd.read_parquet(prepared.path / ROWS)
    places = told.loc[~told["sealed"], "row"].to_numpy()
    folds = np.full(rows, AWAY, dtype=np.uint8)
    folds[places] = TRAINED
    parts = folds_of(prepared.record["result"]["split"], problem.y, groups, bool(problem.goal.labels))
    for number, (_, test) in enumerate(parts):
        folds[places[test]] = number
    if (np.diff(places) > 0).all():
        return folds, ""
    ranks = np.argsort(np.argsort(places))
    order = base64.b64encode(zlib.compress(ranks.astype("<u4").tobytes(), 9)).decode()
    code = f"np.frombuffer(zlib.decompress(base64.b64decode(\n{wrapped(order)}\n    )), dtype='<u4')"
    return folds, f"\n    order = {code}  # in the order of time\n    known = known.iloc[order].reset_index(drop=True)"


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    found = {"kind": KINDS[column["kind"]], "missing": column["missing_words"]}
    found |= {"number": column["number"]} if column["number"] else {}
    found |= {"formats": column["formats"]} if column["formats"] else {}
    return found | ({"canonical": True} if column.get("canonical") else {})


def _kinds(inputs: Mapping[str, Any]) -> dict[str, str]:
    kinds = {c["name"]: KINDS[c["kind"]] for c in [*inputs["columns"], *inputs["derived"]]}
    return {name: kinds[name] for name in inputs["features"]}


def _read(dataset: Artifact) -> str:
    dialect = dataset.record["source"]["dialect"]
    names = [column["name"] for column in dataset.record["columns"]]
    if dialect["format"] == "text":
        header = "0" if dialect["header"] else "None"
        given = (
            f"sep={dialect['separator']!r}, encoding={dialect['encoding']!r}, quotechar={dialect['quote'] or chr(34)!r}"
        )
        return (
            f"    names = {pretty(names, 8)}\n"
            f"    given = dict({given}, header={header}, dtype=str, keep_default_na=False, skip_blank_lines=True)\n"
            "    raw = pd.read_csv(path, **given)\n"
            "    raw.columns = names if len(raw.columns) == len(names) else raw.columns\n"
            "    return raw"
        )
    if dialect["format"] == "parquet":
        return "    return pd.read_parquet(path)"
    raise DataRefused(
        f"{dataset.tag} came from a {dialect['format']} file, and the script reads CSV and Parquet alone.",
        "Save the table as CSV, and train on that.",
    )


def _target(prepared: Artifact, facts: Mapping[str, Any]) -> str:
    column = Column.model_validate(prepared.record["target_column"])
    derived = {made["name"] for made in prepared.record["derived"]}
    if facts["target"] in derived:
        raise DataRefused(
            f"{facts['target']!r} is worked out from other columns, which the script cannot do for a target.",
            "Train on a table that has it as a column.",
        )
    told = {"missing": column.missing_words} | ({"number": column.number} if column.number else {})
    if not facts["labels"]:
        return f'    return column(raw[TARGET], "number", **{told!r}).to_numpy()'
    first = facts["labels"][0]
    if isinstance(first, bool):
        return f'    return column(raw[TARGET], "truth", **{told!r}).to_numpy().astype(int)'
    if isinstance(first, int | float):
        code = f'    values = column(raw[TARGET], "number", **{told!r})\n'
        return code + "    return np.array([LABELS.index(value) for value in values])"
    return "    return np.array([LABELS.index(text.strip(BLANK)) for text in raw[TARGET].astype(str)])"


def _weights(prepared: Artifact, dataset: Artifact, problem: Problem) -> str:
    """How much a row counts, beside the mean of all rows that were kept, the sealed ones among them."""
    import pandas as pd

    from tools.core.learning.prepared import load_table
    from tools.core.learning.sides import ROWS

    name = prepared.record["arguments"]["weight_column"]
    if name is None:
        return ""
    told = pd.read_parquet(prepared.path / ROWS)
    places = told.loc[~told["sealed"], "row"].to_numpy()
    raw = load_table(dataset)[name].to_numpy(dtype=np.float64)[places]
    return f', column(known[{name!r}], "number", missing=[]).to_numpy() / {float(raw.sum() / problem.weights.sum())!r}'


def _helpers(prepared: Artifact, inputs: Mapping[str, Any]) -> dict[str, str]:
    """How cells of this table are read, and how its derived columns are worked out, where it needs that."""
    target = prepared.record["target_column"]
    forms = [column["number"] for column in [*inputs["columns"], target] if column["number"]]
    moments = any(column["kind"] == "datetime" for column in inputs["columns"])
    canonical = any(column.get("canonical") for column in inputs["columns"])
    helpers = _source(values) if forms or moments or canonical else ""
    tree = ""
    if inputs["derived"]:
        tree = f"\n{_source(derive)}\n\nDERIVED = {pretty(inputs['derived'])}\n"
    return {
        "number": 'lambda text: parse_number(text, form.get("number"))' if forms else "float",
        "moment": 'lambda text: parse_moment(text, form.get("formats", ()))' if moments else "None",
        "canonical": CANONICAL if canonical else "",
        "helpers": f"\n{helpers}" if helpers else "",
        "derived": tree + _with_derived(bool(inputs["derived"])),
    }


def _with_derived(some: bool) -> str:
    if not some:
        return "\n\ndef with_derived(X):\n    return X  # this model has no derived columns\n\n"
    return (
        "\n\ndef with_derived(X):\n"
        '    told = {n: texts_of(X[n]) if COLUMNS[n]["kind"] in ("category", "text") else X[n].to_numpy() for n in X}\n'
        "    return pd.DataFrame(evaluated(DERIVED, told, len(X)), index=X.index)\n\n"
    )


def _source(module: Any) -> str:
    """A module's text without its docstring and its imports of ours."""
    text = inspect.getsource(module)
    text = text[text.index('"""', 3) + 3 :]
    text = re.sub(r"^from service\.encoder.*\n", "", text, flags=re.MULTILINE)
    return text.replace("def with_derived(", "def evaluated(").strip() + "\n"


def _words() -> str:
    return "\n".join([
        f"WORD = {encoder.WORD!r}".replace("re.compile", "re.compile"),
        f"WIDE = {encoder.WIDE!r}",
        "\n",
        inspect.getsource(encoder.words).rstrip(),
    ])  # fmt: skip


def _parts() -> str:
    body = inspect.getsource(encoder.date_part).rstrip()
    return f"""DAY = 86_400.0


def parts_of(values):
    return {{part: date_part(values, part) for part in {encoder.PARTS!r}}}


{body}"""


def _makers(members: list[dict[str, Any]]) -> str:
    """The functions that make the estimators."""
    names = sorted({member["estimator"] for member in members})
    forests = {"random_forest": '_forest("RandomForest")', "extra_trees": '_forest("ExtraTrees")'}
    used = sorted({"_forest" if name in forests else f"_{name}" for name in names})
    bodies = [inspect.getsource(getattr(estimators, name)).rstrip() for name in used]
    listed = ", ".join(f'"{name}": {forests.get(name, f"_{name}")}' for name in names)
    return "\n\n\n".join([*bodies, f"MAKERS = {{{listed}}}"])


def _packages(members: list[dict[str, Any]]) -> list[str]:
    return sorted({m["estimator"] for m in members} & {"lightgbm", "xgboost", "catboost"})
