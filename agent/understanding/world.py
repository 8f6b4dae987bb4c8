"""What exists, as the offline planner sees it: tables, artifacts, revisions, and the tools that can be called."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tools.core.names import slug
from tools.core.tables.column import Column, Kind, Storage

_STORED: Mapping[Kind, Storage] = {"numeric": "real", "datetime": "moment"}


@dataclass(frozen=True)
class TableFacts:
    """What must be known of a table to plan with it."""

    columns: list[str]
    targets: list[str]
    """Likely targets, best first; exactly one is clear."""
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    """The values of columns that have few."""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """What its columns are, where that is known."""


class World(Protocol):
    """Everything that a plan may refer to; reading it changes nothing."""

    tools: Mapping[str, Collection[str]]
    """The tools that exist, and the names of their arguments."""

    def table(self, path: str) -> TableFacts | None:
        """The table at that path, as written in the request; None when there is no such file."""

    def files(self) -> list[str]:
        """Table files near, as a request would write them."""

    def tags(self, kind: str) -> list[str]:
        """Tags of a dataset, prepared, model or bento, newest first; of a deployment its names."""

    def columns(self, tag: str) -> list[str]:
        """Columns of a dataset, a prepared dataset or a model, by tag or name."""

    def forms(self, source: str) -> Mapping[str, Column]:
        """What the columns of a table or a dataset are; empty when nobody knows."""

    def revisions(self, deployment: str) -> list[int]:
        """The revisions that a deployment can go back to."""


@dataclass
class MemoryWorld:
    """A world in memory, for tests and benchmarks."""

    tools: Mapping[str, Collection[str]]
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    artifacts: Mapping[str, list[str]] = field(default_factory=dict)
    known_columns: Mapping[str, list[str]] = field(default_factory=dict)
    """Columns by an artifact's name."""
    history: Mapping[str, list[int]] = field(default_factory=dict)

    def table(self, path: str) -> TableFacts | None:
        plain = path.replace("\\", "/").removeprefix("./")
        return self.tables.get(path) or self.tables.get(plain)

    def files(self) -> list[str]:
        return list(self.tables)

    def tags(self, kind: str) -> list[str]:
        return list(self.artifacts.get(kind, []))

    def columns(self, tag: str) -> list[str]:
        name = tag.rpartition("/")[2].partition(":")[0]
        return list(self.known_columns.get(name, self.known_columns.get(slug(name), [])))

    def forms(self, source: str) -> Mapping[str, Column]:
        facts = self.table(source)
        names = facts.columns if facts else self.columns(source)
        return {name: self._form(name, facts) for name in names}

    @staticmethod
    def _form(name: str, facts: TableFacts | None) -> Column:
        worded = facts is not None and name in facts.labels
        kind = (facts.kinds if facts else {}).get(name, "categorical" if worded else "numeric")
        return Column(name=name, kind=kind, storage=_STORED.get(kind, "text"), missing=0, unique=9)

    def revisions(self, deployment: str) -> list[int]:
        return list(self.history.get(deployment, []))
