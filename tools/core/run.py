"""Runs a plan's steps in order, stops at the first that fails, and goes on where a killed run was."""

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any, Protocol

import tools
from tools.core.context import Context
from tools.core.errors import (
    ApprovalNeeded,
    BadArguments,
    Busy,
    Declined,
    EkibenError,
    Internal,
    Interrupted,
    OutcomeUnknown,
)
from tools.core.files import append_line, finite
from tools.core.journal import Journal, JournalStep, now
from tools.core.tool import Args, Result, Tool


class Listener(Protocol):
    """Who watches a run: a terminal, a stream of events, or nobody."""

    def started(self, step: JournalStep) -> None: ...
    def progress(self, step: JournalStep, fraction: float | None, text: str) -> None: ...
    def ended(self, step: JournalStep) -> None: ...


Approve = Callable[[JournalStep, str, str], bool | dict[str, Any] | None]
"""Asks whether a step may run, given the question and its effect: yes, no, the arguments as the person changed them
(the step is then asked about again), or None when nobody can be asked."""


@dataclass
class Running:
    """One run being driven by this process."""

    journal: Journal
    number: int
    context: Context
    listener: Listener
    approve: Approve
    command: bool = False
    """A tool that the person typed: what it names was named by a person."""
    began: float = 0.0
    """When the current step began, what the person took to approve it not counted."""

    def steps(self) -> list[JournalStep]:
        return self.journal.steps(self.number)

    def go(self) -> EkibenError | None:
        """Run what is not done yet; the error that stopped it, or None when every step is done."""
        with noting_interrupts(self.context):
            for step in self.steps():
                if step.status in ("done", "given_up", "not_run"):
                    self.context.made.update(step.drawn)
                    continue
                if error := self._one(step):
                    return error
        return None

    def supersede(self) -> None:
        """A new plan takes the place of what is left of the last one."""
        for step in self.steps():
            if step.status in ("planned", "failed", "started"):
                left = "not_run" if step.status == "planned" else "given_up"
                self.journal.step(self.number, step.position, status=left)

    def _one(self, step: JournalStep) -> EkibenError | None:
        self.began = time.monotonic()
        error: EkibenError | None = None
        result: Result | None = None
        try:
            result = self._call(step)
        except EkibenError as exc:
            error = exc
        except KeyboardInterrupt:
            error = Interrupted("Stopped.", f"Go on with: ekiben resume {self.number}")
        except Exception as exc:
            error = self._bug(step, exc)
        self._close(step, result, error, round(time.monotonic() - self.began, 3))
        return error

    def _call(self, step: JournalStep) -> Result:
        tool = _tool(step.tool)
        args = tool.parse(step.args)
        self.context.check()
        args = self._agreed(step, tool, args)
        self.began = time.monotonic()
        repeated = step.status == "started"
        self.journal.step(self.number, step.position, status="started", started=now(), error=None)
        self.listener.started(step)
        context = self._context(step)
        if repeated and (kept := _kept(tool, context)):
            return kept
        try:
            return self._attempt(step, tool, args, context)
        finally:
            step.drawn = context.drawn
            self.context.made.update(context.drawn)

    def _attempt(self, step: JournalStep, tool: Tool, args: Args, context: Context) -> Result:
        try:
            return tool.run(args, context)
        except ApprovalNeeded as exc:
            if exc.argument is None:
                raise
            self.approved(step, exc.message, "overwrite", exc.hint)
            step.args = {**step.args, exc.argument: True}
            self.journal.step(self.number, step.position, args=step.args)
            return tool.run(tool.parse(step.args), context)

    def _context(self, step: JournalStep) -> Context:
        def drew(kind: str, name: str, version: int) -> None:
            tags = {"/".join(key): number for key, number in context.drawn.items()}
            self.journal.step(self.number, step.position, drawn=tags)

        context = replace(
            self.context,
            progress=lambda fraction, text: self.listener.progress(step, fraction, text),
            drawn=dict(step.drawn),
            on_draw=drew,
            key=f"{self.number}/{step.position}@{self.journal.run(self.number)['started']}",
            repeated=step.status == "started",
        )
        return context

    def _agreed(self, step: JournalStep, tool: Tool, args: Args) -> Args:
        """The arguments that may be used, as the person changed them where something is released or destroyed."""
        while tool.effect in ("release", "destroy") and not step.approved:
            changed = self.approved(step, tool.question(args, self.context), tool.effect)
            if changed is not None:
                args, step.args = tool.parse(changed), changed
                self.journal.step(self.number, step.position, args=changed)
        return args

    def approved(self, step: JournalStep, text: str, effect: str, hint: str = "") -> dict[str, Any] | None:
        """Ask the person; a yes is written down, a no is Declined, nobody there is ApprovalNeeded.

        None after a yes; the arguments where the person changed them instead.
        """
        if step.approved:
            return None
        answer = self.approve(step, text, effect)
        if isinstance(answer, dict):
            return answer
        if answer is None:
            raise ApprovalNeeded(text, hint if self.command and hint else self._how())
        if not answer:
            raise Declined(f"Declined: {text}", "Nothing was changed.")
        self.journal.step(self.number, step.position, approved=1)
        step.approved = True
        return None

    def _how(self) -> str:
        return "Repeat it with --yes." if self.command else f"Approve with: ekiben resume {self.number} --yes"

    def _bug(self, step: JournalStep, exc: Exception) -> Internal:
        log = self.context.workspace / "ekiben.log"
        trace = "".join(traceback.format_exception(exc))
        append_line(log, {"at": now(), "tool": step.tool, "args": step.args, "trace": trace})
        return Internal(
            f"{step.tool} failed in a way that Ekiben did not expect ({type(exc).__name__}).",
            f"The details are in {log}.",
        )

    def _close(self, step: JournalStep, result: Result | None, error: EkibenError | None, took: float) -> None:
        waits = isinstance(error, ApprovalNeeded) or (error is not None and error.code == "question")
        status = "done" if result else "planned" if waits else "failed"
        if error and error.code == "interrupted":
            status = "started"
        step.status, step.seconds = status, took
        step.result = finite(result.document()) if result else None
        step.error = noted(error) if error else None
        self.journal.step(self.number, step.position, status=status, seconds=took, result=step.result, error=step.error)
        self.listener.ended(step)


def noted(error: EkibenError) -> dict[str, Any]:
    """An error as the journal keeps it: the document, and what says what a language model may hear of it."""
    return {**error.document(), "argument": error.argument, "told": error.told}


@contextmanager
def noting_interrupts(context: Context) -> Iterator[None]:
    """Have a Ctrl-C stop the run at its next step at the latest, also where a library swallows the exception."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def noted(number: int, frame: FrameType | None) -> None:
        context.cancelled.set()
        before(number, frame)

    signal.signal(signal.SIGINT, noted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def held(context: Context, number: int) -> Iterator[None]:
    """Hold a run, so that no other process drives it at the same time."""
    from filelock import FileLock, Timeout

    place = context.workspace / "locks"
    place.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(place / f"run-{number}.lock", timeout=0):
            yield
    except Timeout as exc:
        raise Busy(f"Run {number} is being run by another Ekiben.", "Wait for it to end.") from exc


def _tool(name: str) -> Tool:
    try:
        return tools.load(name)
    except KeyError as exc:
        raise BadArguments(f"There is no tool {name!r}.", "The tools are: " + ", ".join(tools.TOOLS) + ".") from exc


def _kept(tool: Tool, context: Context) -> Result | None:
    """The result of a step that was interrupted after its artifact was kept and before the journal knew."""
    for (kind, name), version in context.drawn.items():
        artifact = context.store.get(kind, name, version)
        if artifact and (recorded := artifact.record.get("result")):
            return _as_result(tool, recorded)
    return None


def _as_result(tool: Tool, recorded: dict[str, Any]) -> Result:
    fields = {key: value for key, value in recorded.items() if key in tool.result.model_fields}
    try:
        return tool.result.model_validate(fields)
    except ValueError as exc:
        raise OutcomeUnknown(
            f"What {tool.name} did before it was interrupted cannot be read.", "Look at: ekiben status"
        ) from exc
