"""Drives runs: a request, a plan file, one tool, or what was interrupted; and says how each ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.approval import make_approver
from agent.asking import Consent, Person
from agent.document import status_of
from agent.ended import End, Ended
from agent.hearing import Hearing
from agent.llm.keys import without_secrets
from agent.provenance import allowed, said_in
from agent.settings import Settings
from agent.terminal import Events, Terminal
from tools.core.errors import EkibenError
from tools.core.journal import Journal, JournalStep
from tools.core.plan import Plan
from tools.core.run import Running, held

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from agent.planner import Planner, Usage


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
        self.terminal.agreed = self.settings.yes or self.consent.always
        self.context.progress = Events().waits if self.settings.events else self.terminal.waits
        self.journal = Journal(self.context.workspace)
        self.heard = Hearing(self.terminal, lambda: self.settings.llm)

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
                shown, heard = self.plan_shower(planner), self.hearing(planner)
                said = converse(running, planner, messages, self.settings.max_turns, shown, heard)
            except EkibenError as exc:
                return self.ended(running, exc, planner)
            except KeyboardInterrupt:
                return self.ended(running, interrupted(number), planner)
            finally:
                self.heard.end()
        return End(self, running, planner).answered(said)

    def counts_on(self, number: int, planner: "Planner") -> None:
        """Count for the limits what the run has used before, and what the chat has used in other runs."""
        self.used_before = self.journal.run(number)["usage"] or {}
        planner.usage.add(self.used_before)
        if self.spent is not None:
            planner.usage.elsewhere = self.spent.without(self.used_before)

    def plan(self, plan: Plan, number: int | None = None, origin: str = "plan", said: str = "") -> Ended:
        """Run a plan that is there already: a file that a person applies, or (origin request) a planner's."""
        if number is None:
            llm = self.settings.llm if origin == "request" else "none"
            number = self.journal.begin(plan.request, llm, origin, without_secrets(self.settings.base_url))
            self.converses(number, said or plan.request)
            calls = [(f"plan-{place}", step.tool, step.args) for place, step in enumerate(plan.plan, 1)]
            self.journal.add(number, calls)
        with held(self.context, number):
            running = self.running(number, origin)
            if plan.plan and origin == "plan":
                self.terminal.show_plan(running.steps(), "plan file")
            error = running.go()
        return self.ended(running, error)

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
            context=self.context,
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

    def hearing(self, planner: "Planner") -> Hearing:
        """Shows the planner's words as they come."""
        self.heard = Hearing(self.terminal, lambda: planner.speaker)
        return self.heard

    def plan_shower(self, planner: "Planner") -> Callable[[list[JournalStep], list[str]], None]:
        """Shows a plan when the planner has made it, and how it read the request."""
        name = "offline planner" if planner.usage.llm == "offline" else planner.usage.llm

        def show(steps: list[JournalStep], notes: list[str]) -> None:
            self.heard.begin()
            self.notes += notes
            for note in notes:
                self.terminal.say(note)
            self.terminal.show_plan(steps, name)

        return show

    def ended(self, running: Running, error: EkibenError | None, planner: "Planner | None" = None) -> Ended:
        """A run that is through, or that an error stopped: at a step, unless there is a planner."""
        return End(self, running, planner).by(error, in_step=planner is None)


def interrupted(number: int) -> EkibenError:
    """What a Ctrl-C becomes."""
    from tools.core.errors import Interrupted

    return Interrupted("Stopped.", f"Go on with: ekiben resume {number}")
