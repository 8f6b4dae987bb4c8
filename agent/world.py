"""The world that requests are understood in: the files near, the workspace's artifacts, the tools."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import tools
from agent.understanding import TableFacts
from tools.core.context import Context
from tools.core.errors import EkibenError
from tools.core.store import Artifact
from tools.core.tables.column import Column

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".csv.gz")
MOST_FILES = 200
MOST_LABELS = 12


class Here:
    """The current folder and workspace; reading it changes nothing and imports no heavy library."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.refused: dict[str, EkibenError] = {}
        """Tables that are there and cannot be read, and why."""
        self.tools: Mapping[str, Collection[str]] = {
            name: set(tools.load(name).args.model_fields) for name in tools.TOOLS
        }

    def table(self, path: str) -> TableFacts | None:
        """The table at a path; None when there is no such file. One that cannot be read has no columns."""
        from tools.core.names import stem
        from tools.core.tables.reading import peek
        from tools.core.tables.targets import likely_targets

        try:
            place = self.context.path(path)
            if not place.exists():
                return None
            if path.lower().endswith(".bento"):
                return TableFacts([], [])  # no table, and nothing that could not be read
            seen = peek(place)
        except EkibenError as exc:
            self.refused[path] = exc
            return TableFacts([], [])
        labels = {name: _labels(seen.sample[name]) for name in seen.columns}
        return TableFacts(
            seen.columns, likely_targets(seen.columns, seen.sample, stem(path)), {k: v for k, v in labels.items() if v}
        )

    def files(self) -> list[str]:
        """Table files in the folder and one level below, as a request would write them."""
        folder = self.context.folder
        found = [p for pattern in ("*", "*/*") for p in sorted(folder.glob(pattern)) if _is_table(p, folder)]
        return [p.relative_to(folder).as_posix() for p in found[:MOST_FILES]]

    def tags(self, kind: str) -> list[str]:
        """Tags, the most recently made first; of deployments their names."""
        if kind == "deployment":
            from tools.core.serving.deployments import deployments

            return [deployment.name for deployment in deployments(self.context)]
        found = self.context.store.all(kind)
        return [a.tag for a in sorted(found, key=lambda a: _made(a.path), reverse=True)]

    def columns(self, tag: str) -> list[str]:
        """Columns of a dataset, a prepared dataset or a model."""
        artifact = self._dataset(tag)
        return [column["name"] for column in artifact.record["columns"]] if artifact else []

    def _dataset(self, tag: str) -> Artifact | None:
        """The dataset that a tag names, or that what it names was made from."""
        try:
            artifact = self.context.find(tag, "dataset", "prepared", "model")
            while artifact.kind != "dataset":
                parent = {"model": "prepared", "prepared": "dataset"}[artifact.kind]
                artifact = self.context.find(f"{parent}/{artifact.record[parent]}", parent)
        except (EkibenError, KeyError, OSError, ValueError):
            return None
        return artifact

    def forms(self, source: str) -> Mapping[str, Column]:
        """What the columns of a table or a dataset are, from its head; empty when nobody can tell."""
        from tools.core.learning.shaping import forms_of_sample

        try:
            artifact = self._dataset(source)
            if artifact is not None:
                return {c["name"]: Column.model_validate(c) for c in artifact.record["columns"]}
            place = self.context.path(source)
            return forms_of_sample(place) if place.is_file() else {}
        except EkibenError:
            return {}

    def revisions(self, deployment: str) -> list[int]:
        """The revisions that a deployment can go back to."""
        from tools.core.serving.deployments import find_deployment

        try:
            return find_deployment(self.context, deployment).revisions
        except EkibenError:
            return []


def misfit(calls: Sequence[tuple[str, Mapping[str, Any]]], world: Here) -> str:
    """Why the expressions and kinds of a plan's preprocess steps do not fit their tables; empty when they do."""
    from tools.core.learning.shaping import check
    from tools.core.names import slug, stem

    paths = {
        str(args.get("name") or slug(stem(args["path"]))): args["path"] for tool, args in calls if tool == "profile"
    }
    for tool, args in calls:
        if tool != "preprocess" or not {"where", "derive", "kinds"} & args.keys():
            continue
        columns = world.forms(paths.get(args["dataset"], args["dataset"]))
        try:
            if columns:
                check(columns, args.get("kinds", []), args.get("derive", []), args.get("where"))
        except EkibenError as exc:
            return f"{exc.message} {exc.hint}"
    return ""


def _labels(cells: list[str | None]) -> list[str]:
    values = sorted({cell.strip() for cell in cells if cell is not None and cell.strip()})
    return values if len(values) <= MOST_LABELS else []


def _is_table(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.name.lower().endswith(TABLES) and path.is_file()


def _made(path: Path) -> float:
    return (path / "record.json").stat().st_mtime
