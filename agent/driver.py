"""Drives runs: a request, a plan file, one tool, or what was interrupted; and says how each ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agent.answer import answer_of, failure
from agent.approval import make_approver
from agent.asking import Consent, Person
from agent.document import document, status_of, steps_of
from agent.llm.keys import without_secrets
from agent.planner import ESTIMATED
from agent.provenance import allowed, said_in
from agent.settings import Settings
from agent.terminal import Events, Terminal, plain
from tools.core.errors import EkibenError, exit_code_of
from tools.core.journal import Journal, JournalStep
from tools.core.plan import Plan
from tools.core.run import Running, held

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from agent.loop import Said
    from agent.planner import Planner, Usage


@dataclass
class Ended:
    """A finished or parked run: its JSON document, and the exit code."""

    document: dict[str, Any]
    exit_code: int
    comment: str = ""
    """The language model's own words, marked as such."""
    used: dict[str, Any] = field(default_factory=dict)
    """What this command has used of the planner; the document tells of the whole run."""


@dataclass
class Driver:
    """One command's way through a run."""

    settings: Settings
    interactive: bool
    """Whether a person can be asked."""
    approved: set[int] = field(default_factory=set)
    """Positions of steps that the person approved by `resume RUN --yes`."""
    declined: set[int] = field(default_factory=set)
    """Positions of steps that the person declined by `resume RUN no`."""

    consent: Consent = field(default_factory=Consent)
    """What the person has said yes to for longer than this command."""
    detailed: bool | None = None
    """Whether results are shown with their tables and charts; at a terminal without saying."""
    conversation: int | None = None
    """The conversation that its runs belong to; 0 for a new one."""
    notes: list[str] = field(default_factory=list)
    """How requests were read."""
    spent: "Usage | None" = None
    """What the chat has used of planners so far."""
    used_before: dict[str, Any] = field(default_factory=dict)
    """What the run had used before this command."""

    def __post_init__(self) -> None:
        self.context = self.settings.context()
        self.terminal = Terminal(self.settings.quiet, self.detailed)
        self.context.progress = Events().waits if self.settings.events else self.terminal.waits
        self.journal = Journal(self.context.workspace)

    def request(self, text: str, said: str = "", before: "Sequence[BaseMessage]" = ()) -> Ended:
        """Plan a request and run it. In a conversation it is what the line `said` means, after messages `before`."""
        planner = self.planner()
        address = without_secrets(self.settings.base_url)
        number = self.journal.begin(text, self.settings.llm, "request", address)
        self.converses(number, said or text)
        return self.talk(number, planner, list(before), text)

    def converses(self, number: int, said: str) -> None:
        """Put a run into the conversation, if there is one."""
        if self.conversation is not None:
            self.conversation = self.journal.converse(number, self.conversation, said)

    def talk(self, number: int, planner: "Planner", before: "list[BaseMessage]", text: str) -> Ended:
        """Add what the person said to a conversation, and go on with it."""
        from langchain_core.messages import HumanMessage

        return self.converse(number, planner, [*before, HumanMessage(text)])

    def converse(self, number: int, planner: "Planner", messages: "list[BaseMessage]") -> Ended:
        """Ask the planner for what comes next, and go on until it has nothing more to do."""
        from langchain_core.messages import HumanMessage

        from agent.loop import converse

        self.counts_on(number, planner)
        if self.settings.llm != "offline":
            allowed(self.context, [str(message.content) for message in messages if isinstance(message, HumanMessage)])
        with held(self.context, number):
            running = self.running(number, "request")
            try:
                said = converse(running, planner, messages, self.settings.max_turns, self.plan_shower(planner))
            except EkibenError as exc:
                return self.ended(running, exc, in_step=False, planner=planner)
            except KeyboardInterrupt:
                return self.ended(running, interrupted(number), in_step=False, planner=planner)
        return self.answered(running, said, planner)

    def counts_on(self, number: int, planner: "Planner") -> None:
        """Count for the limits what the run has used before, and what the chat has used in other runs."""
        self.used_before = self.journal.run(number)["usage"] or {}
        planner.usage.add(self.used_before)
        if self.spent is not None:
            planner.usage.elsewhere = self.spent.without(self.used_before)

    def plan(self, plan: Plan, number: int | None = None, origin: str = "plan", said: str = "") -> Ended:
        """Run a plan that is there already: a file that a person applies, or (origin request) a planner's."""
        if number is None:
            number = self.journal.begin(plan.request, "none", origin)
            self.converses(number, said or plan.request)
            calls = [(f"plan-{place}", step.tool, step.args) for place, step in enumerate(plan.plan, 1)]
            self.journal.add(number, calls)
        with held(self.context, number):
            running = self.running(number, origin)
            if plan.plan and origin == "plan":
                self.terminal.show_plan(running.steps(), "plan file")
            error = running.go()
        return self.ended(running, error, in_step=True)

    def tool(self, name: str, args: dict[str, Any]) -> tuple[dict[str, Any] | None, EkibenError | None]:
        """Run one typed command: its result or its error. One that is refused before it starts leaves no run."""
        self.terminal.tells_errors = False
        number = self.journal.begin(f"ekiben {name}", "none", "command")
        self.journal.add(number, [("command", name, args)])
        with held(self.context, number):
            running = self.running(number, "command")
            error = running.go()
        step = running.steps()[0]
        if error and error.code in ("approval_needed", "question", "declined", "bad_arguments", "not_found", "in_use"):
            self.journal.forget(number)
        else:
            self.journal.end(number, status_of(error, True))
        return step.result, error

    def running(self, number: int, origin: str) -> Running:
        """This process driving that run."""
        planned = origin == "request" and self.settings.llm != "offline"
        if planned and not self.context.roots:
            allowed(self.context, [said_in(self.journal.run(number))])
        return Running(
            journal=self.journal,
            number=number,
            context=self.context if planned else replace(self.context, roots=()),
            listener=Events() if self.settings.events else self.terminal,
            approve=make_approver(
                yes=self.settings.yes,
                named_by_person=origin in ("command", "plan"),
                ask=Person(self.terminal, self.consent) if self.interactive else None,
                unsaid=self.unsaid(number) if origin == "request" else None,
                approved_now=self.approved,
                declined_now=self.declined,
                consent=self.consent,
            ),
            command=origin == "command",
        )

    def unsaid(self, number: int) -> Callable[[JournalStep], list[str]]:
        """Which of a step's arguments nobody said and no tool made."""
        from agent.provenance import known_of, unsaid

        by_llm = self.settings.llm != "offline"
        return lambda step: unsaid(step, known_of(self.journal, number, self.context, by_llm))

    def planner(self) -> "Planner":
        """The planner that the settings name."""
        from agent.planners import make_planner

        return make_planner(self.settings, self.context)

    def plan_shower(self, planner: "Planner") -> Callable[[list[JournalStep], list[str]], None]:
        """Shows a plan when the planner has made it, and how it read the request."""
        name = "offline planner" if planner.usage.llm == "offline" else planner.usage.llm

        def show(steps: list[JournalStep], notes: list[str]) -> None:
            self.notes += notes
            for note in notes:
                self.terminal.say(note)
            self.terminal.show_plan(steps, name)

        return show

    def answered(self, running: Running, said: "Said", planner: "Planner") -> Ended:
        """A conversation's turn that ended in words, in a question, or at a step."""
        if said.question is not None and said.error is None:
            return self.asked(running, said.question, planner, said.warnings)
        return self.ended(
            running, said.error, in_step=said.in_step, planner=planner, comment=said.comment, warnings=said.warnings
        )

    def asked(self, running: Running, question: dict[str, Any], planner: "Planner", warnings: list[str]) -> Ended:
        """The planner asks before it plans."""
        asked = {"text": plain(question["text"]), "options": [plain(option) for option in question["options"]]}
        lead = "" if planner.is_final else f"{planner.speaker} asks: "
        self.journal.end(running.number, "question", {"question": asked})
        code = exit_code_of("question")
        return self.documented(
            running, "question", code, planner, asked=asked, answer=f"{lead}{asked['text']}", more_warnings=warnings
        )

    def ended(
        self,
        running: Running,
        error: EkibenError | None,
        *,
        in_step: bool,
        planner: "Planner | None" = None,
        comment: str = "",
        warnings: list[str] | None = None,
    ) -> Ended:
        """A run that is through, failed, or waits; what it waits for is written down."""
        status = status_of(error, in_step)
        asked = question_of(error)
        waiting = None if error is None else {"question": asked, "argument": error.argument, "error": error.document()}
        self.journal.end(running.number, status, waiting)
        steps = steps_of(self.journal, running.number)
        answer = answer_of(steps, self.context)
        if error is not None:
            answer = "\n".join(filter(None, [answer, *failure(error, steps, running.number)]))
        code = 0 if error is None else error.exit_code
        return self.documented(
            running,
            status,
            code,
            planner,
            asked=asked,
            answer=answer,
            error=error,
            comment=self.marked(comment, planner),
            more_warnings=warnings or [],
        )

    def marked(self, comment: str, planner: "Planner | None") -> str:
        """A language model's comment, said to be one."""
        from agent.llm.comments import marked

        return marked(comment, planner.speaker) if comment and planner else ""

    def documented(
        self,
        running: Running,
        status: str,
        code: int,
        planner: "Planner | None",
        *,
        answer: str,
        asked: dict[str, Any] | None = None,
        error: EkibenError | None = None,
        comment: str = "",
        more_warnings: list[str],
    ) -> Ended:
        """The document and exit code of a run."""
        steps = steps_of(self.journal, running.number)
        warnings = self.notes + [w for step in steps if step["result"] for w in step["result"]["warnings"]]
        warnings += more_warnings
        self.notes = []
        answer = "\n".join(filter(None, [answer, comment]))
        if planner and planner.usage.calls:
            self.journal.set_run(running.number, usage=planner.usage.document())
            self.terminal.say(f"{planner.usage.llm}: {planner.usage.told()}", "dim")
            warnings += [ESTIMATED] if planner.usage.is_estimated else []
        shown = document(
            run=running.number,
            request=self.journal.run(running.number)["request"],
            status=status,
            plan=[{"tool": step["tool"], "args": step["args"]} for step in steps],
            steps=steps,
            answer=plain(answer),
            question=asked,
            warnings=warnings,
            error=error.document() if error else None,
            usage=planner.usage.document() if planner else None,
        )
        used = planner.usage.since(self.used_before) if planner else {}
        return Ended(shown, code, plain(comment), used)


def interrupted(number: int) -> EkibenError:
    """What a Ctrl-C becomes."""
    from tools.core.errors import Interrupted

    return Interrupted("Stopped.", f"Go on with: ekiben resume {number}")


def question_of(error: EkibenError | None) -> dict[str, Any] | None:
    """The question that an error asks, if it asks one."""
    if error is None or error.code not in ("question", "approval_needed"):
        return None
    options = ["yes", "no"] if error.code == "approval_needed" else getattr(error, "options", [])
    return {"text": error.message, "options": list(options)}
