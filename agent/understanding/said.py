"""What a request said, once it is taken apart: slots, intents, things, notes, and what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from agent.understanding.text import Draft
from agent.understanding.world import World
from tools.core.plan import Question

Language = Literal["en", "zh"]


VERB = 0xEC00


@dataclass(frozen=True)
class Intent:
    """A tool that the request asks for, and where."""

    tool: str
    mark: str
    """The character that stands where its verb was."""


@dataclass
class Said:
    """A request taken apart. `slots` holds arguments by name; `draft` what is left of the text."""

    request: str
    language: Language
    draft: Draft
    world: World
    slots: dict[str, Any] = field(default_factory=dict)
    worded: str = ""
    """The text with its verbs, when its arguments are gone."""
    intents: list[Intent] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Tools that the request does not want."""
    outputs: list[str] = field(default_factory=list)
    """Marks of the paths to write to."""
    columns: list[str] = field(default_factory=list)
    """The columns that the request may mean."""
    sources: list[str] = field(default_factory=list)
    """The tables, and the tags and names of artifacts, that they are the columns of."""
    notes: list[str] = field(default_factory=list)
    problems: list[Question] = field(default_factory=list)
    """What stands in the way, the first one is asked."""

    def intend(self, tool: str) -> str:
        """Note an intent; the mark to leave where its verb was."""
        mark = chr(VERB + len(self.intents))
        self.intents.append(Intent(tool, mark))
        return mark

    def wants(self, tool: str) -> bool:
        """Whether an intent is for that tool."""
        return any(i.tool == tool for i in self.intents)

    def set(self, name: str, value: Any) -> None:
        """Keep an argument; two different values for one are a problem."""
        from agent.understanding.replies import ask

        if self.slots.setdefault(name, value) != value:
            options = [str(self.slots[name]), str(value)]
            self.problems.append(ask(self.language, "contradiction", options, what=name.replace("_", " ")))
