"""Asks the person at the terminal whether a step may run: yes, no, edit it, or always in this session."""

from dataclasses import dataclass
from typing import Any

from rich.text import Text

from agent.terminal import Terminal, plain
from agent.understanding.choosing import consents
from tools.core.errors import EkibenError
from tools.core.journal import JournalStep

EDIT = ("e", "edit", "改", "编辑", "修改")
ALWAYS = ("a", "always", "总是", "一直")


@dataclass
class Consent:
    """What the person has said yes to for good: release steps of this session, never what is destroyed."""

    always: bool = False
    lasting: bool = False
    """Whether there is a session in which "always" means something."""


@dataclass
class Person:
    """Somebody at the terminal."""

    terminal: Terminal
    consent: Consent

    def __call__(self, step: JournalStep, text: str, effect: str) -> bool | dict[str, Any]:
        """Yes, no (anything that is no yes), or the arguments as the person changed them."""
        said = self._said(text, effect)
        if said in EDIT and effect != "overwrite":
            return self._edited(step)
        if said in ALWAYS and self._can_last(effect):
            self.consent.always = True
            return True
        return consents(said)

    def _can_last(self, effect: str) -> bool:
        return self.consent.lasting and effect == "release"

    def _said(self, text: str, effect: str) -> str:
        choices = ["[y]es", "[n]o", *(["[e]dit"] if effect != "overwrite" else [])]
        choices += ["[a]lways in this session"] if self._can_last(effect) else []
        self.terminal.pause()
        self.terminal.say(text, "bold", "     ")
        self.terminal.console.print(Text(f"     {' '.join(choices)}: "), end="")
        try:
            return input().strip().lower()
        except EOFError:
            return "no"

    def _edited(self, step: JournalStep) -> dict[str, Any]:
        """The step's command as the person typed it anew; what it was where that cannot be read."""
        import tools
        from agent.toolcommands import read_typed, typed

        tool = tools.load(step.tool)
        try:
            return read_typed(tool, _line("     ekiben ", typed(tool, step.args)))
        except EkibenError as exc:
            self.terminal.say(f"{exc.message} {exc.hint}", "red", "     ")
        except EOFError:
            pass
        return step.args


def _line(lead: str, text: str) -> str:
    """A line that begins as the text and can be changed."""
    from prompt_toolkit import prompt

    return prompt(lead, default=plain(text))
