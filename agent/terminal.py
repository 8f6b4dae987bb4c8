"""What a person sees of a run: the plan, each step's progress and headline. Data is printed as plain text."""

import sys
import unicodedata
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from tools.core.journal import JournalStep

RELEASE = ("deploy", "rollback", "stop", "promote")
HIDDEN = ("Cc", "Cf", "Cs", "Co")
"""Unicode categories that could steer a terminal or turn its text around."""


def plain(text: str) -> str:
    """Text without control and bidirectional characters; line ends stay."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in HIDDEN)


class Terminal:
    """Prints a run to standard error as it goes: the answer alone goes to standard output."""

    def __init__(self, quiet: bool = False) -> None:
        self.tells_errors = True
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.quiet = quiet
        self.bar: Progress | None = None
        self.task: TaskID | None = None

    def say(self, text: str = "", style: str = "") -> None:
        """One line."""
        if not self.quiet:
            self.console.print(Text(plain(text), style=style))

    def show_plan(self, steps: list[JournalStep], planner: str) -> None:
        """The steps before they run."""
        self.say(f"Plan ({planner})", "bold")
        for step in steps:
            asks = "   asks first" if step.tool in RELEASE else ""
            self.say(f"  {step.position}  {step.tool:<11} {arguments(step.args)}{asks}")
        self.say()

    def started(self, step: JournalStep) -> None:
        if self.quiet or not self.console.is_terminal:
            return
        columns = (TextColumn(f"  {step.position}  {step.tool:<11}"), BarColumn(20), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=self.console, transient=True)
        self.task = self.bar.add_task("", total=None)
        self.bar.start()

    def progress(self, step: JournalStep, fraction: float | None, text: str) -> None:
        if self.bar is not None and self.task is not None:
            total = 1.0 if fraction is not None else None
            self.bar.update(self.task, completed=fraction or 0.0, total=total, description=plain(text))

    def pause(self) -> None:
        """Take the bar away, so that a question can be asked."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def ended(self, step: JournalStep) -> None:
        self.pause()
        lead = f"  {step.position}  {step.tool:<11} "
        if step.result:
            headline = step.result["headline"].replace("\n", "\n" + " " * len(lead))
            self.say(f"{lead}{headline}   {step.seconds or 0:.1f} s")
            for line in decided(step.result):
                self.say(f"{'':<{len(lead)}}- {line}", "dim")
            for warning in step.result["warnings"][:8]:
                self.say(f"{'':<{len(lead)}}! {warning}", "yellow")
            if (more := len(step.result["warnings"]) - 8) > 0:
                self.say(f"{'':<{len(lead)}}! and {more} more", "yellow")
        elif self.tells_errors and step.error and step.error["code"] not in ("question", "approval_needed"):
            self.say(f"{lead}{step.error['message']}", "red")


class Events:
    """Progress as JSON lines on standard error."""

    def __init__(self) -> None:
        self.last: tuple[int, str] | None = None

    def _write(self, **facts: Any) -> None:
        import json

        sys.stderr.write(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
        sys.stderr.flush()

    def started(self, step: JournalStep) -> None:
        self._write(event="started", step=step.position, tool=step.tool, args=step.args)

    def progress(self, step: JournalStep, fraction: float | None, text: str) -> None:
        if self.last != (step.position, text):
            self.last = (step.position, text)
            self._write(event="progress", step=step.position, fraction=fraction, text=text)

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
    return ", ".join(value if k in ("path", "dataset", "model", "deployment") else f"{k} {value}" for value, k in shown)


def ask_yes(terminal: Terminal, text: str) -> bool:
    """Ask a yes-or-no question at the terminal; anything but a yes is a no."""
    terminal.pause()
    terminal.console.print(Text(f"     {plain(text)} [y]es [n]o ", style="bold"), end="")
    try:
        return input().strip().lower() in ("y", "yes", "是", "好", "对")
    except EOFError:
        return False
