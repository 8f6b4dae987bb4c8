"""The workspace's artifacts: each has a kind, a name, a version, a folder and a record of where it came from."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tools.core.errors import Busy, NotFound, disk_errors
from tools.core.files import read_json, remove, staging, write_json
from tools.core.names import parse_reference
from tools.core.signing import check, signed

Kind = Literal["dataset", "prepared", "model", "bento", "deployment"]
FOLDERS: dict[str, str] = {
    "dataset": "datasets",
    "prepared": "prepared",
    "model": "models",
    "bento": "bentos",
    "deployment": "deployments",
}
SIGNED = ("prepared", "model")
"""Kinds whose records say how good something is, or on which rows that was found."""
LOCK_SECONDS = 60


@dataclass(frozen=True)
class Artifact:
    """One version of something that a tool made."""

    kind: str
    name: str
    version: int
    path: Path

    @property
    def tag(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"

    @cached_property
    def record(self) -> dict[str, Any]:
        """What it came from, with which arguments, and what the tool said of it; Internal where somebody edited it."""
        found: dict[str, Any] = read_json(self.path / "record.json")
        if self.kind in SIGNED:
            check(self.path.parents[2], found, f"{self.kind} {self.tag}")
        return found


class Store:
    """The artifacts under one workspace folder. Versions are 1, 2, 3, …, drawn under a lock, never used twice."""

    def __init__(self, folder: Path, bentoml_home: Path) -> None:
        self.folder = folder
        self.bentoml_home = bentoml_home

    def draw(self, kind: str, name: str, by: str = "") -> int:
        """The next version of `name`; whoever drew last, and was killed before it could say so, gets the same again.

        Models share their numbers with whoever shares the BentoML store, and with Bentos that came from elsewhere.
        """
        counters = (self.bentoml_home if kind == "model" else self.folder) / "versions.json"
        with disk_errors(counters.parent):
            counters.parent.mkdir(parents=True, exist_ok=True)
        with self.lock("versions", counters.parent):
            drawn = read_json(counters) if counters.exists() else {}
            last = drawn.get(f"{kind}/{name}", {"version": 0, "by": ""})
            if by and last["by"] == by:
                return int(last["version"])
            used = [last["version"], *self.versions(kind, name), *self._in_bentoml(kind, name)]
            drawn[f"{kind}/{name}"] = {"version": max(used) + 1, "by": by}
            write_json(counters, drawn)
        return int(max(used)) + 1

    @contextlib.contextmanager
    def lock(self, name: str, folder: Path | None = None, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Hold a named lock of this workspace; Busy after so long in vain."""
        from filelock import FileLock, Timeout

        place = (folder or self.folder) / "locks"
        with disk_errors(place):
            place.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(place / f"{name}.lock", timeout=seconds):
                yield
        except Timeout as exc:
            raise Busy(
                f"Another Ekiben holds {name!r} in this workspace.", "Wait for it, then run this again."
            ) from exc

    def versions(self, kind: str, name: str) -> list[int]:
        """The versions of a name that are there, oldest first."""
        folder = self.folder / FOLDERS[kind] / name
        if not folder.is_dir():
            return []
        return sorted(int(p.name) for p in folder.iterdir() if p.name.isdigit() and (p / "record.json").exists())

    def names(self, kind: str) -> list[str]:
        """The names of a kind that have a version."""
        folder = self.folder / FOLDERS[kind]
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if self.versions(kind, p.name))

    def path(self, kind: str, name: str, version: int) -> Path:
        """Where that artifact's folder is, or will be."""
        return self.folder / FOLDERS[kind] / name / str(version)

    def get(self, kind: str, name: str, version: int) -> Artifact | None:
        """The artifact, or None."""
        path = self.path(kind, name, version)
        return Artifact(kind, name, version, path) if (path / "record.json").exists() else None

    def all(self, kind: str) -> list[Artifact]:
        """Every artifact of a kind, newest version first within a name."""
        return [
            Artifact(kind, name, version, self.path(kind, name, version))
            for name in self.names(kind)
            for version in reversed(self.versions(kind, name))
        ]

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder to fill and then `keep`."""
        with staging(self.folder / "staging") as folder:
            yield folder

    def keep(self, kind: str, name: str, version: int, staged: Path, record: dict[str, Any]) -> Artifact:
        """Give a staged folder its place, at once. What a killed process left there makes room."""
        write_json(staged / "record.json", signed(self.folder, record) if kind in SIGNED else record)
        path = self.path(kind, name, version)
        with disk_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove(path)
            staged.rename(path)
        return Artifact(kind, name, version, path)

    def find(self, text: str, kinds: Sequence[str], made: dict[tuple[str, str], int] | None = None) -> Artifact:
        """The artifact that a reference names, looked for among `kinds` in that order; else NotFound.

        `made` holds what the current run made, which a bare name means before anything newer.
        """
        wanted = parse_reference(text)
        for kind in [k for k in kinds if wanted.kind in (None, k)]:
            version = wanted.version or (made or {}).get((kind, wanted.name))
            versions = self.versions(kind, wanted.name)
            if version is None and versions:
                version = versions[-1]
            if version in versions:
                return Artifact(kind, wanted.name, version, self.path(kind, wanted.name, version))
        raise NotFound(f"There is no {' or '.join(kinds)} {text!r} in this workspace.", self._nearest(kinds, text))

    def _nearest(self, kinds: Sequence[str], text: str) -> str:
        from rapidfuzz import process

        tags = [artifact.tag for kind in kinds for artifact in self.all(kind)]
        if not tags:
            return "There is none yet."
        near = [match for match, *_ in process.extract(text, tags, limit=5)]
        return "There are: " + ", ".join(near) + ("." if len(near) == len(tags) else ", …")

    def _in_bentoml(self, kind: str, name: str) -> list[int]:
        folders = [self.bentoml_home / inside / name for inside in ("models", "bentos")] if kind == "model" else []
        there = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
        return [int(path.name) for path in there if path.name.isdigit()]
