"""What a conversation has done so far, as follow-ups refer to it: its runs, oldest first, and what they made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.core.names import parse_reference
from tools.core.plan import Plan, Step


@dataclass(frozen=True)
class Deed:
    """One step of a run, as it ended."""

    tool: str
    args: dict[str, Any]
    result: dict[str, Any] | None = None


@dataclass(frozen=True)
class Turn:
    """One run: what was asked, how it ended, and its steps."""

    request: str
    status: str
    deeds: Sequence[Deed]
    reason: str = ""
    """Why it stopped, in a sentence, where it did."""


@dataclass(frozen=True)
class Memory:
    """A conversation's turns, and the things that its last list named."""

    turns: Sequence[Turn] = ()
    listed: Sequence[str] = field(default=())
    """Tags in the order in which they were shown last."""

    @property
    def done(self) -> list[Deed]:
        """Every step that was done, newest first."""
        return [deed for turn in reversed(self.turns) for deed in reversed(turn.deeds) if deed.result]

    def last(self, *tools: str) -> Deed | None:
        """The newest done step of one of these tools, of any without one."""
        return next((deed for deed in self.done if not tools or deed.tool in tools), None)

    def newest(self, name: str) -> str | None:
        """What the newest result that has this field says in it."""
        found = (deed.result[name] for deed in self.done if deed.result and isinstance(deed.result.get(name), str))
        return next(found, None)

    @property
    def plan(self) -> Plan | None:
        """The newest plan that a wish could change: one that prepares a table."""
        for turn in reversed(self.turns):
            if any(deed.tool == "preprocess" for deed in turn.deeds):
                return Plan(plan=[Step(tool=deed.tool, args=deed.args) for deed in turn.deeds])
        return None

    @property
    def in_question(self) -> list[str]:
        """What "it" can be, the likeliest first: the newest model, deployment, Bento and dataset."""
        found = [self.newest(name) for name in ("model", "deployment", "bento", "dataset")]
        return list(dict.fromkeys(name for name in found if name))

    def of(self, tool: str, model: str) -> dict[str, Any] | None:
        """The newest result of a tool about a model."""
        return next((d.result for d in self.done if d.tool == tool and d.result and d.result["model"] == model), None)

    def before(self, model: str) -> str | None:
        """The model that was made or measured before this one in the conversation, else the version before it."""
        made = [d.result["model"] for d in self.done if d.result and isinstance(d.result.get("model"), str)]
        earlier = [tag for tag in made if tag != model]
        _, name, version = parse_reference(model)
        return earlier[0] if earlier else f"{name}:{version - 1}" if version and version > 1 else None

    @property
    def places(self) -> list[str]:
        """What "the second one" counts: what was compared last, else what was listed."""
        compared = self.last("compare")
        if self.listed or not compared or not compared.result:
            return list(self.listed)
        return [entry["model"] for entry in compared.result["models"]]
