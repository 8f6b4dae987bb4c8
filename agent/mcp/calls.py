"""One call of an MCP client: a typed command that the command line has approved, or not, and that a client watches."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.cli import bug
from agent.driver import Driver
from agent.terminal import Events
from tools.core.errors import ApprovalNeeded, EkibenError, disk_errors
from tools.core.journal import JournalStep
from tools.core.run import Running
from tools.core.tool import Tool

CHANGES = {"release": "change what is served", "destroy": "delete or overwrite"}


@dataclass(frozen=True)
class Permit:
    """What the command line allows."""

    allowed: frozenset[str]
    """Effects, of release and destroy."""
    roots: tuple[Path, ...]
    """Folders beside the current one and the workspace."""

    def refusal(self, name: str, effect: str) -> ApprovalNeeded | None:
        """Why a tool's call with that effect is refused; None where it is allowed."""
        if effect not in CHANGES or effect in self.allowed:
            return None
        return ApprovalNeeded(
            f"This server was not allowed to let {name} {CHANGES[effect]}.",
            f"A person allows it by starting it as: ekiben mcp --allow {effect}",
        )


@dataclass
class Watched:
    """The last that a step said of its progress, for whoever looks; it only ever grows, as MCP wants it."""

    events: Events | None = None
    reached: float = 0.0
    """Of 1, which it comes near and does not reach while the step goes on."""
    text: str = ""
    news: bool = False

    def started(self, step: JournalStep) -> None:
        if self.events:
            self.events.started(step)

    def progress(self, step: JournalStep, fraction: float | None, text: str) -> None:
        if self.events:
            self.events.progress(step, fraction, text)
        if fraction is not None:
            self.reached = max(self.reached, min(fraction, 0.99))
        self.text, self.news = text, True

    def ended(self, step: JournalStep) -> None:
        if self.events:
            self.events.ended(step)

    def taken(self) -> tuple[float, str] | None:
        """What was not told yet, a little above what was."""
        if not self.news:
            return None
        self.news = False
        told, self.reached = self.reached, self.reached + (1 - self.reached) / 1000
        return told, self.text


@dataclass(kw_only=True)
class Call(Driver):
    """A typed command's way through a run, driven by an MCP client."""

    permit: Permit
    interactive: bool = False
    watched: Watched = field(default_factory=Watched)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.context.way_in = "A person allows another folder by starting it as: ekiben mcp --root DIR"
        self.context.roots = [self.context.folder, self.context.workspace, *self.permit.roots]
        self.watched.events = Events() if self.settings.events else None

    def running(self, number: int, origin: str) -> Running:
        """This process driving that run: what is allowed needs no question, and for the rest nobody can be asked."""
        running = super().running(number, origin)
        return replace(running, listener=self.watched, approve=lambda step, text, effect: self._approve(effect))

    def _approve(self, effect: str) -> bool | None:
        return True if effect in self.permit.allowed else None

    def outcome(self, tool: Tool, args: dict[str, Any]) -> tuple[dict[str, Any] | None, EkibenError | None]:
        """The result or the error of one call; whatever goes wrong is an error with a sentence."""
        try:
            with disk_errors(self.context.workspace):
                parsed = tool.parse(args)
                effect = "destroy" if getattr(parsed, "overwrite", False) else tool.effect
                if refusal := self.permit.refusal(tool.name, effect):
                    return None, refusal
                result, error = self.tool(tool.name, args)
        except EkibenError as exc:
            result, error = None, exc
        except Exception as exc:
            result, error = None, bug(exc)
        return result, self._explained(tool, error)

    def _explained(self, tool: Tool, error: EkibenError | None) -> EkibenError | None:
        """The error with the way out that a client has: another call."""
        if error and error.code == "approval_needed" and "overwrite" in tool.args.model_fields:
            refusal = self.permit.refusal(tool.name, "destroy")
            error.hint = f"Choose another output. {refusal.hint}" if refusal else "Call it again with overwrite true."
        if error and error.code == "question" and error.argument:
            error.hint = f"{error.hint} Call {tool.name} again with {error.argument} set to the answer.".strip()
        return error
