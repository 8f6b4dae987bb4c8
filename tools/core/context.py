"""All that a tool has of the world: the workspace, progress, cancellation and deadline, the folders it may touch."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tools.core.errors import BadArguments, Interrupted, LimitReached
from tools.core.store import Artifact, Store

Progress = Callable[[float | None, str], None]


def silent(fraction: float | None, text: str) -> None:
    """Progress that nobody watches."""


@dataclass
class Context:
    """One tool call's surroundings. `draw` gives the tag of what it makes, the same one when it is repeated."""

    workspace: Path
    folder: Path = field(default_factory=Path.cwd)
    """What relative paths are relative to."""
    progress: Progress = silent
    cancelled: Event = field(default_factory=Event)
    deadline: float | None = None
    """`time.monotonic()` at which the whole command must have ended."""
    take_defaults: bool = False
    """Doubts about the data are settled by their recorded default, with a warning."""
    roots: Sequence[Path] = ()
    """Folders whose files may be touched; empty: any that the person named."""
    way_in: str = "Name the path yourself."
    """How a person allows a file outside of them."""
    made: dict[tuple[str, str], int] = field(default_factory=dict)
    """What this run made, by kind and name."""
    drawn: dict[tuple[str, str], int] = field(default_factory=dict)
    """Versions that this very step drew before it was interrupted."""
    on_draw: Callable[[str, str, int], None] | None = None
    repeated: bool = False
    """This step was started before, and its end is not known."""
    key: str = ""
    """Run and step, so that what must be done once is told from what is done again."""

    @property
    def bentoml_home(self) -> Path:
        """BentoML's own store: the user's, else one inside the workspace."""
        given = os.environ.get("BENTOML_HOME")
        return Path(given).expanduser().resolve() if given else self.workspace / "bentoml"

    @property
    def store(self) -> Store:
        """The workspace's artifacts."""
        return Store(self.workspace, self.bentoml_home)

    def draw(self, kind: str, name: str) -> int:
        """The version of what is about to be made."""
        version = self.drawn.get((kind, name))
        if version is None:
            version = self.store.draw(kind, name, f"{self.workspace}#{self.key}" if self.key else "")
            self.drawn[kind, name] = version
            if self.on_draw:
                self.on_draw(kind, name, version)
        self.made[kind, name] = version
        return version

    def find(self, reference: str, *kinds: str) -> Artifact:
        """The artifact that a reference means here: what this run made before what is newest."""
        return self.store.find(reference, kinds, self.made)

    def path(self, text: str) -> Path:
        """A path that the person wrote, made absolute; outside the allowed roots it is BadArguments."""
        if "\0" in text:
            raise BadArguments("A path cannot hold a NUL character.", "Name a file.")
        try:
            path = (self.folder / Path(text).expanduser()).resolve()
        except (RuntimeError, OSError) as exc:
            raise BadArguments(f"{text[:200]!r} is no path that exists or could: {exc}.", "Name a file.") from exc
        if self.roots and not any(path.is_relative_to(root.resolve()) for root in self.roots):
            raise BadArguments(f"{text!r} lies outside the folders that this run may touch.", self.way_in)
        return path

    def seconds_left(self) -> float:
        """Seconds until the command's deadline; infinity without one."""
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    def check(self) -> None:
        """Raise Interrupted or LimitReached when the work should stop."""
        if self.cancelled.is_set():
            raise Interrupted("Stopped.", "Go on with: ekiben resume")
        if self.seconds_left() <= 0:
            raise LimitReached("The time limit of the whole command was reached.", "Raise --timeout.")
