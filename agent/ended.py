"""How a run ended: written into the journal, and told as its answer, its JSON document and its exit code."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.answer import answer_of, failure
from agent.document import document, status_of, steps_of
from agent.planner import ESTIMATED
from agent.terminal import plain
from tools.core.errors import EkibenError, exit_code_of
from tools.core.run import Running

if TYPE_CHECKING:
    from agent.driver import Driver
    from agent.loop import Said
    from agent.planner import Planner


@dataclass
class Ended:
    """A finished or parked run: its JSON document, and the exit code."""

    document: dict[str, Any]
    exit_code: int
    comment: str = ""
    """The language model's own words, marked as such, where they are not on the screen yet."""
    used: dict[str, Any] = field(default_factory=dict)
    """What this command has used of the planner; the document tells of the whole run."""


@dataclass
class End:
    """Tells how one run ended that a driver drove."""

    driver: "Driver"
    running: Running
    planner: "Planner | None"

    def answered(self, said: "Said") -> Ended:
        """A conversation's turn that ended in words, in a question, or at a step."""
        for warning in said.warnings:
            self.driver.terminal.say(warning, "yellow", "! ")
        if said.question is not None and said.error is None:
            return self._asked(said.question, said.warnings)
        return self.by(said.error, in_step=said.in_step, comment=said.comment, warnings=said.warnings)

    def _asked(self, question: dict[str, Any], warnings: list[str]) -> Ended:
        """The planner asks before it plans."""
        asked = {"text": plain(question["text"]), "options": [plain(option) for option in question["options"]]}
        own = self.planner is None or self.planner.is_final
        lead = "" if own or self.planner is None else f"{self.planner.speaker} asks: "
        self.driver.journal.end(self.running.number, "question", {"question": asked})
        code = exit_code_of("question")
        return self._documented("question", code, asked=asked, answer=f"{lead}{asked['text']}", more=warnings)

    def by(
        self, error: EkibenError | None, *, in_step: bool, comment: str = "", warnings: list[str] | None = None
    ) -> Ended:
        """A run that is through, failed, or waits; what it waits for is written down."""
        journal, number = self.driver.journal, self.running.number
        status, asked = status_of(error, in_step), question_of(error)
        waiting = None if error is None else {"question": asked, "argument": error.argument, "error": error.document()}
        journal.end(number, status, waiting)
        steps = steps_of(journal, number)
        lines = [answer_of(steps, self.driver.context), *(failure(error, steps, number) if error else [])]
        code = 0 if error is None else error.exit_code
        answer, comment = "\n".join(filter(None, lines)), self._marked(comment)
        return self._documented(
            status, code, asked=asked, answer=answer, error=error, comment=comment, more=warnings or []
        )

    def _marked(self, comment: str) -> str:
        """A language model's comment, said to be one."""
        from agent.llm.comments import marked

        return marked(comment, self.planner.speaker) if comment and self.planner else ""

    def _documented(
        self,
        status: str,
        code: int,
        *,
        answer: str,
        more: list[str],
        asked: dict[str, Any] | None = None,
        error: EkibenError | None = None,
        comment: str = "",
    ) -> Ended:
        """The document and exit code of a run."""
        driver, number = self.driver, self.running.number
        steps = steps_of(driver.journal, number)
        warnings = driver.notes + [w for step in steps if step["result"] for w in step["result"]["warnings"]] + more
        driver.notes = []
        shown = document(
            run=number,
            request=driver.journal.run(number)["request"],
            status=status,
            plan=[{"tool": step["tool"], "args": step["args"]} for step in steps],
            steps=steps,
            answer=plain("\n".join(filter(None, [answer, comment]))),
            question=asked,
            warnings=warnings + self._counted(),
            error=error.document() if error else None,
            usage=self.planner.usage.document() if self.planner else None,
        )
        used = self.planner.usage.since(driver.used_before) if self.planner else {}
        return Ended(shown, code, "" if driver.heard.said else plain(comment), used)

    def _counted(self) -> list[str]:
        """Keep and show what the planner has cost; a warning where that is an estimate."""
        usage = self.planner.usage if self.planner else None
        if usage is None or not usage.calls:
            return []
        self.driver.journal.set_run(self.running.number, usage=usage.document())
        self.driver.terminal.say(f"{usage.llm}: {usage.told()}", "dim")
        return [ESTIMATED] if usage.is_estimated else []


def question_of(error: EkibenError | None) -> dict[str, Any] | None:
    """The question that an error asks, if it asks one."""
    if error is None or error.code not in ("question", "approval_needed"):
        return None
    options = ["yes", "no"] if error.code == "approval_needed" else getattr(error, "options", [])
    return {"text": error.message, "options": list(options)}
