"""What a person sees of a run: the plan, each step's progress and headline. Data is printed as plain text."""

import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

import tools
from agent.details import details
from tools.core.journal import JournalStep
from tools.core.plain import one_line
from tools.core.plain import plain as plain

PAGE, LEAST, INDENT = 80, 20, 5
"""Cells of a line where there is no terminal, the fewest that a text is given, and those before a table or chart."""


class Terminal:
    """Prints a run to standard error as it goes: the answer alone goes to standard output."""

    def __init__(self, quiet: bool = False, detailed: bool | None = None) -> None:
        self.tells_errors = True
        self.agreed = False
        """Whether release steps were said yes to beforehand."""
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.quiet = quiet
        self.detailed = self.console.is_terminal if detailed is None else detailed
        """Whether results are shown with their tables and charts."""
        self.bar: Progress | None = None
        self.task: TaskID | None = None

    @property
    def width(self) -> int:
        """Cells in a line; without a terminal as many as a page has."""
        return self.console.width if self.console.is_terminal else PAGE

    def say(self, text: str = "", style: str = "", lead: str = "") -> None:
        """A text after a lead; at a terminal its lines are broken between words and stand under each other."""
        if self.quiet:
            return
        shown = Text(plain(text), style=style)
        room = max(self.width - len(lead), LEAST)
        broken = self.console.is_terminal and "\n" not in text and shown.cell_len > room
        lines = shown.wrap(self.console, room) if broken else shown.split("\n", allow_blank=True)
        for number, line in enumerate(lines):
            line.rstrip()
            self.console.print(Text.assemble(lead if number == 0 else " " * len(lead), line))

    def answer(self, text: str) -> None:
        """A run's answer, on standard output."""
        if self.console.is_terminal and sys.stdout.isatty():
            for line in plain(text).split("\n"):
                self.say(line) if not line.lstrip().startswith("curl ") else self.console.print(Text(line))
        else:
            sys.stdout.write(plain(text) + "\n")
            sys.stdout.flush()

    def show_plan(self, steps: list[JournalStep], planner: str) -> None:
        """The steps before they run."""
        self.say(f"Plan ({planner})", "bold")
        for step in steps:
            asks = "   asks first" if self._asks(step.tool) else ""
            self.say(f"{arguments(step.args)}{asks}", lead=_lead(step))
        self.say()

    def _asks(self, tool: str) -> bool:
        effect = tools.load(tool).effect if tool in tools.TOOLS else ""
        return effect == "destroy" or (effect == "release" and not self.agreed)

    def started(self, step: JournalStep) -> None:
        if self.quiet or not self.console.is_terminal:
            return
        told = TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
        bar = BarColumn(20 if self.width >= PAGE else 8)
        self.bar = Progress(
            TextColumn(_lead(step).rstrip()), bar, told, console=self.console, transient=True, expand=True
        )
        self.task = self.bar.add_task("", total=None)
        self.bar.start()

    def progress(self, step: JournalStep, fraction: float | None, text: str) -> None:
        if self.bar is not None and self.task is not None:
            total = 1.0 if fraction is not None else None
            self.bar.update(self.task, completed=fraction or 0.0, total=total, description=escape(plain(text)))

    def waits(self, fraction: float | None, text: str) -> None:
        """Something between two steps takes its time."""
        self.say(text, "yellow")

    def pause(self) -> None:
        """Take the bar away, so that a question can be asked."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def ended(self, step: JournalStep) -> None:
        self.pause()
        if step.result:
            self._result(step, step.result)
        elif self.tells_errors and step.error and step.error["code"] not in ("question", "approval_needed"):
            self.say(one_line(step.error["message"]), "red", _lead(step))

    def _result(self, step: JournalStep, result: dict[str, Any]) -> None:
        lead = _lead(step)
        under = " " * len(lead)
        self.say(f"{result['headline']}   {step.seconds or 0:.1f} s", lead=lead)
        for line in decided(result):
            self.say(line, "dim", f"{under}- ")
        for line in details(step.tool, result, self.width - INDENT) if self.detailed else []:
            self.say(line, "cyan", " " * INDENT)
        for warning in result["warnings"][:8]:
            self.say(warning, "yellow", f"{under}! ")
        if (more := len(result["warnings"]) - 8) > 0:
            self.say(f"and {more} more", "yellow", f"{under}! ")


def _lead(step: JournalStep) -> str:
    return f"  {step.position}  {step.tool:<11} "


class Events:
    """Progress as JSON lines on standard error."""

    def __init__(self) -> None:
        self.last: tuple[int, str] | None = None

    def _write(self, **facts: Any) -> None:
        from agent.printed import in_json

        sys.stderr.write(in_json(facts) + "\n")
        sys.stderr.flush()

    def started(self, step: JournalStep) -> None:
        self._write(event="started", step=step.position, tool=step.tool, args=step.args)

    def progress(self, step: JournalStep, fraction: float | None, text: str) -> None:
        if self.last != (step.position, text):
            self.last = (step.position, text)
            self._write(event="progress", step=step.position, fraction=fraction, text=text)

    def waits(self, fraction: float | None, text: str) -> None:
        """Something between two steps takes its time."""
        self._write(event="waiting", text=text)

    def ended(self, step: JournalStep) -> None:
        self._write(event="ended", step=step.position, tool=step.tool, status=step.status, seconds=step.seconds)


def decided(result: dict[str, Any]) -> list[str]:
    """What a tool decided without being asked, in a few lines."""
    if not result.get("decisions"):
        return []
    from tools.core.learning.decisions import Decision, in_lines

    return in_lines([Decision.model_validate(decision) for decision in result["decisions"]])


def arguments(args: dict[str, Any]) -> str:
    """A step's arguments in a line."""
    shown = [(", ".join(map(str, v)) if isinstance(v, list) else str(v), k) for k, v in args.items()]
    bare = ("path", "dataset", "model", "deployment")
    return one_line(", ".join(value if k in bare else f"{k} {value}" for value, k in shown))
