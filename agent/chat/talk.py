"""A conversation: what it remembers from turn to turn, and what becomes of a line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.asking import Consent
from agent.chat.beginning import ASKS, go_on_with, left_undone
from agent.chat.showing import in_chat, show, show_plan
from agent.planner import Usage
from agent.settings import Settings
from agent.terminal import Terminal
from agent.world import Here
from tools.core.errors import BadArguments, EkibenError
from tools.core.plan import Plan, Question

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from agent.driver import Driver
    from agent.ended import Ended
    from agent.understanding.followups import Followup

YES_OR_NO = ["yes", "no"]


@dataclass
class Talk:
    """A conversation with one person."""

    settings: Settings
    interactive: bool
    mode: str = "ask"
    """ask, plan (never acts) or auto (asks for nothing but destroy steps)."""
    conversation: int = 0
    """Its number in the journal; 0 before its first run."""
    waiting: int | None = None
    """The run whose question or approval is open."""
    options: list[str] = field(default_factory=list)
    """What the open question, or an offer, has to choose from."""
    listed: list[str] = field(default_factory=list)
    """Tags that were listed last, for "the second one"."""
    planned: Plan | None = None
    """The plan that was shown and not run."""
    planning: list[str] = field(default_factory=list)
    """The words of a request that is only to be planned, and whose question is open."""
    consent: Consent = field(default_factory=lambda: Consent(lasting=True))

    def __post_init__(self) -> None:
        self.usage = Usage(self.settings.llm)
        self.terminal = Terminal(self.settings.quiet, detailed=True)

    @property
    def workspace(self) -> Path:
        return self.settings.context().workspace

    def world(self) -> Here:
        """What exists now."""
        return Here(self.settings.context())

    def toolbar(self) -> str:
        """What stands under the prompt."""
        spent = f" · {self.usage.told()}" if self.usage.calls else ""
        return f" {self.settings.llm} · mode {self.mode}{spent} · /help"

    def driver(self) -> "Driver":
        """A fresh way through a run, for one turn."""
        from agent.driver import Driver

        auto = self.mode == "auto"
        driver = Driver(
            self.settings,
            self.interactive,
            consent=Consent(always=True) if auto else self.consent,
            detailed=True,
            conversation=self.conversation,
            spent=self.usage,
        )
        driver.context.take_defaults |= auto
        return driver

    def begin(self, continued: bool) -> None:
        """Go on with the last conversation, or say what an earlier one left undone."""
        if continued:
            go_on_with(self)
        else:
            left_undone(self)

    def turn(self, line: str) -> bool:
        """One line; whether the conversation goes on. Whatever goes wrong is one sentence."""
        from agent.chat.slash import LEAVING, command
        from agent.cli import guarded

        if line.casefold() in LEAVING:
            return False
        work = (lambda: command(self, line)) if line.startswith("/") else (lambda: self.say(line))
        guarded(lambda: self._done(work), as_json=False)
        return True

    def _done(self, work: Any) -> int:
        try:
            work()
        except KeyboardInterrupt:
            self.terminal.pause()
            self.terminal.say("Stopped.")
        except EkibenError as exc:
            self.terminal.say(f"{exc.message} {in_chat(exc.hint)}".strip(), "red")
        return 0

    def say(self, line: str) -> None:
        """Words of the person: an answer, a follow-up, or a request."""
        from agent.understanding.choosing import agrees, refuses

        picked = self._picked(line)
        found = None if picked or (self._is_asked and agrees(line)) else self._refers(line)
        if self._is_asked and not found and self._answers(line, picked):
            return self._answer(picked or line)
        if self.options and picked is None and refuses(line):
            return self._forget("好的。" if not line.isascii() else "Fine.")
        self._forget()
        if found:
            return self._followed(line, found)
        return self.request(picked or line, line)

    def _picked(self, line: str) -> str | None:
        """The option that a line picks; only a plain yes is one to a step that waits for it."""
        from agent.understanding.choosing import agrees, choice, consents, refuses

        if self.waiting is not None and self.options == YES_OR_NO:
            yes, no = consents(line) or line == "1", refuses(line) or line == "2"
            return "yes" if yes else "no" if no else None
        only = self.options[0] if len(self.options) == 1 and not self._is_asked and agrees(line) else None
        return choice(line, self.options) or only

    @property
    def _is_asked(self) -> bool:
        """Whether a question or an approval is open."""
        return self.waiting is not None or bool(self.planning)

    def _answers(self, line: str, picked: str | None) -> bool:
        """Whether a line answers the open question; a whole request of its own does not."""
        from agent.planners import understand_words
        from agent.understanding.choosing import agrees, refuses

        if picked or agrees(line) or self.settings.llm != "offline":
            return True
        if refuses(line):
            return self.options == YES_OR_NO
        outcome, _ = understand_words([line], self.settings.context())
        return not isinstance(outcome, Plan)

    def _answer(self, answer: str) -> None:
        from agent.resuming import resume

        if self.waiting is None:
            return self.plan(*self.planning, answer)
        self.may_act()
        driver = self.driver()
        ended = resume(driver, self.waiting, answer)
        self._forget()
        return self.after(driver, ended)

    def may_act(self) -> None:
        """BadArguments in the mode that never acts."""
        if self.mode == "plan":
            raise BadArguments("Mode plan never acts.", "Change it with: /mode ask")

    def _forget(self, words: str = "") -> None:
        """Nothing is open any more."""
        self.waiting, self.options, self.planning = None, [], []
        if words:
            self.terminal.say(words)

    def _refers(self, line: str) -> "Followup | None":
        """What a line refers back to; a language model sees the conversation and finds that out by itself."""
        from agent.chat.remembered import remembered
        from agent.understanding.followups import follow

        if self.settings.llm != "offline":
            return None
        return follow(line, remembered(self.driver().journal, self.conversation, self.listed), self.world())

    def _followed(self, line: str, found: "Followup") -> None:
        from agent.chat.slash import command

        if found.kind == "request":
            self.terminal.say(f"= {found.text}", "dim")
            self.request(found.text, line)
            self._then(found.then, line)
        elif found.kind == "again":
            self.again(line)
        elif found.kind in ("resume", "undo"):
            command(self, f"/{found.kind}")
        else:
            self.offer(found.text, found.options)

    def _then(self, request: str, line: str) -> None:
        """What was to be done with the model that the last run made, if it made one."""
        from agent.chat.remembered import remembered

        turns = remembered(self.driver().journal, self.conversation).turns[-1:]
        made = [deed.result["model"] for turn in turns for deed in turn.deeds if deed.tool == "train" and deed.result]
        if request and made and turns[0].status == "done":
            self.request(request.format(made[-1]), line)

    def again(self, line: str) -> None:
        """The last request or command of this conversation once more."""
        from agent.chat.slash import command

        runs = self.driver().journal.conversation(self.conversation) if self.conversation else []
        if not runs:
            raise BadArguments("Nothing was asked yet that could be done again.", "Say what you want, or /help.")
        self.terminal.say(f"= {runs[-1]['request']}", "dim")
        last = str(runs[-1]["request"])
        return command(self, last) if last.startswith("/") else self.request(last, line)

    def offer(self, text: str, options: list[str]) -> None:
        """Say something, with requests to choose from by number."""
        self.options = options
        self.terminal.say(text)
        for number, option in enumerate(options, 1):
            self.terminal.say(option, lead=f"  {number} ")

    def request(self, text: str, said: str) -> None:
        """Plan a request, and run it unless nothing may be done."""
        if self.mode == "plan":
            return self.plan(text)
        driver = self.driver()
        return self.after(driver, driver.request(text, said, self._before()))

    def _before(self) -> "list[BaseMessage]":
        """What a language model is told of the conversation so far."""
        from agent.chat.remembered import messages_before

        return [] if self.settings.llm == "offline" else messages_before(self.driver().journal, self.conversation)

    def plan(self, *words: str) -> None:
        """Show the plan of a request, and of answers to questions about it; nothing is run."""
        from agent.planners import plan_only

        self._forget()
        outcome, notes = plan_only([*words], self.settings, self.settings.context(), self.usage, self._before())
        for note in notes:
            self.terminal.say(note)
        if isinstance(outcome, Question):
            self.offer(outcome.text, outcome.options)
            self.planning = [*words]
            return None
        self.planned = outcome.model_copy(update={"request": ", ".join(words)})
        return show_plan(self.terminal, self.planned, self.settings.llm)

    def run(self, plan: Plan, said: str, origin: str = "request") -> None:
        """Run a plan that is there already."""
        driver = self.driver()
        self.after(driver, driver.plan(plan, origin=origin, said=said))

    def after(self, driver: "Driver", ended: "Ended") -> None:
        """Show how a run ended, and remember what it leaves open."""
        self.conversation = driver.conversation or 0
        self.listed, self.planned = [], None
        show(driver, ended)
        found = ended.document
        self.usage.add(ended.used)
        if found["run"] == str(self.waiting):
            self._forget()
        if found["status"] in ASKS:
            self.waiting, self.options = int(found["run"]), (found["question"] or {}).get("options") or []
