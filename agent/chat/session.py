"""One chat from the greeting to the end: reads lines, gives each to the conversation, leaves when told."""

import threading
from importlib import import_module

import tools
from agent.approval import can_ask
from agent.chat.completion import Completions
from agent.chat.interrupts import Interrupts
from agent.chat.reader import AtTerminal, Piped, Reader
from agent.chat.slash import COMMANDS
from agent.chat.talk import Talk
from agent.settings import Settings
from tools.core.errors import Interrupted

GREETING = "Ekiben. Say what you want, or /help; /quit leaves."
BEHIND_THE_PROMPT = ("agent.understanding.reading", "agent.offline", "agent.loop", "tools.core.tables.reading")
"""What the first request needs is imported while the person types it."""


def chat(settings: Settings, continued: bool = False, mode: str | None = None) -> int:
    """Read requests until the person leaves; 0, or 130 when that was by Ctrl-C twice."""
    interactive = can_ask(settings.json)
    with Interrupts() as interrupts:
        talk = Talk(settings, interactive, mode or settings.mode)
        talk.terminal.say(GREETING, "bold")
        talk.begin(continued)
        for line in _reader(talk, interactive, interrupts).lines():
            if not talk.turn(line) or interrupts.leaving:
                break
    return Interrupted("").exit_code if interrupts.leaving else 0


def _reader(talk: Talk, interactive: bool, interrupts: Interrupts) -> Reader:
    if not interactive:
        return Piped()
    threading.Thread(target=_load, daemon=True).start()
    commands = dict.fromkeys(tools.TOOLS, "one tool") | {name: told for name, (told, _) in COMMANDS.items()}
    completer = Completions(commands, talk.world)
    return AtTerminal(completer, talk.workspace / "history", interrupts, talk.toolbar, talk.terminal.say)


def _load() -> None:
    for name in BEHIND_THE_PROMPT:
        import_module(name)
