"""A language model's comment on results, as it comes: words as its own, numbers only where they refer to results.

`Comment.feed` gives what of it can be shown already, so that a number is not shown before the rest of it has come. A
reference is filled in by code; a number of its own, an unknown reference, an address and a command are not shown as
such. A comment is one paragraph: it cannot begin a line, and with it look like a line of code's.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from agent.llm.cleaned import cleaned
from agent.llm.figures import figures, provable
from agent.llm.hanfigures import HAN
from agent.llm.references import names_in, shown
from tools.core.journal import JournalStep

MOST = 1_500
"""Characters of a comment that are shown."""
LONGEST_REFERENCE = 160
HELD_BACK = 10
"""How much of the end waits for what comes next: a Chinese character weighs 1, another word 2."""
STRUCK = "The language model's comment held numbers that refer to no result: they are struck out."
LEFT_OUT = "The language model's comment held an address or a command of its own: it is left out."
REFERENCE = re.compile(r"\{([^{}]*)\}")
ADDRESS = re.compile(
    rf"(?<![\w@])(?:[a-zA-Z][a-zA-Z0-9+.-]*:/+|www\.|localhost\b|[\w-]+(?:\.[\w-]+)*"
    rf"\.(?:com|org|net|io|ai|cn|dev|app|xyz|info|co|top|ru|ly|gg|me|sh)(?![\w-]))[^\s{HAN}，。；）]*",
    re.IGNORECASE,
)
COMMAND = re.compile(
    r"(?<![\w-])(?:ekiben +[a-z]+|(?:curl|wget|sudo|bash|chmod|rm|npx|kubectl) +(?=[-\w/.$({])\S+"
    r"|(?:pip|npm|docker|git|brew|apt) +(?:install|run|exec|clone|pull|push)\b)"
    r"(?:(?!\s+(?:and|or|to|then|now)\b)[^。;；{])*?(?=[.,:!?)]*(?:\s+(?:and|or|to|then|now)\b|[。;；{]|$|(?<=[.,!?])\s))",
    re.IGNORECASE,
)
WEIGHED = re.compile(rf"[{HAN}]|[^\s{HAN}]+")


@dataclass(frozen=True)
class _Part:
    """A part of the cleaned text, what is shown in its place, and what was wrong with it."""

    start: int
    end: int
    text: str
    wrong: str = ""


@dataclass
class Comment:
    """One comment, or a question."""

    steps: Sequence[JournalStep] = ()
    names: Iterable[str] = ()
    """More names than the results hold: columns, files."""
    said: Iterable[str] = ()
    """The person's own words, which a question may repeat."""
    strict: bool = False
    """Whether nothing is shown from the first fault on."""
    faults: list[str] = field(default_factory=list)
    """What it stated and may not, so far."""
    warnings: list[str] = field(default_factory=list)
    text: str = ""
    """What was shown so far."""

    def __post_init__(self) -> None:
        self._raw = ""
        self._known = frozenset(filter(provable, {*self.names, *names_in(self.steps)})) | frozenset(self.said)

    def feed(self, chunk: str) -> str:
        """What can be shown now that the next piece has come."""
        self._raw += chunk[: max(0, 4 * MOST - len(self._raw))]
        line = cleaned(self._raw).lstrip()
        return self._grown(line, _settled(line))

    def end(self) -> str:
        """The rest."""
        line = cleaned(self._raw).strip()
        return self._grown(line, len(line))

    def _grown(self, line: str, safe: int) -> str:
        parts = list(self._parts(line))
        whole = "".join(part.text[: safe - part.start] if _plain(part) else part.text for part in _until(parts, safe))
        if len(whole) > MOST:
            whole = whole[:MOST].rstrip() + " …"
        self._judge([part for part in parts if part.end <= safe])
        if self.strict and self.faults:
            return ""
        new = whole[len(self.text) :] if whole.startswith(self.text) else ""
        self.text += new
        return new

    def _judge(self, parts: Iterable[_Part]) -> None:
        wrong = [part for part in parts if part.wrong]
        self.faults = [part.text.strip("~") for part in wrong if part.wrong == STRUCK]
        self.warnings = list(dict.fromkeys(part.wrong for part in wrong))

    def _parts(self, line: str) -> Iterator[_Part]:
        at = 0
        for match in REFERENCE.finditer(line):
            yield from self._words(line, at, match.start())
            told = shown(match[1], self.steps)
            text, wrong = (f"~~{match[0]}~~", STRUCK) if told is None else (told, "")
            yield _Part(match.start(), match.end(), text, wrong)
            at = match.end()
        yield from self._words(line, at, len(line))

    def _words(self, line: str, start: int, end: int) -> Iterator[_Part]:
        words = line[start:end]
        found = [(*m.span(), "(address left out)", LEFT_OUT) for m in ADDRESS.finditer(words)]
        found += [(*m.span(), "(command left out)", LEFT_OUT) for m in COMMAND.finditer(words)]
        found += [(a, b, f"~~{words[a:b]}~~", STRUCK) for a, b in figures(words, self._known)]
        at = 0
        for first, last, text, wrong in sorted(found, key=lambda each: (each[0], each[3] != LEFT_OUT)):
            if first >= at:
                yield _Part(start + at, start + first, words[at:first])
                yield _Part(start + first, start + last, text, wrong)
                at = last
        yield _Part(start + at, end, words[at:])


def _plain(part: _Part) -> bool:
    return len(part.text) == part.end - part.start and not part.wrong


def _until(parts: Iterable[_Part], safe: int) -> Iterator[_Part]:
    """The parts that can be shown: plain ones in part, others whole, and nothing after one that has to wait."""
    for part in parts:
        if part.start >= safe or (part.end > safe and not _plain(part)):
            return
        yield part


def _settled(line: str) -> int:
    """How far nothing that may still come changes how a line is read."""
    left, words = HELD_BACK, list(WEIGHED.finditer(line))
    place = len(words)
    while place and (left > 0 or (len(words[place - 1][0]) == 1 and words[place - 1][0].isascii())):
        place -= 1
        left -= 1 if re.match(f"[{HAN}]", words[place][0]) else 2
    safe = words[place].start() if place else 0
    opened = line.rfind("{", max(0, len(line) - LONGEST_REFERENCE))
    return min(safe, opened) if opened >= 0 and "}" not in line[opened:] else safe


def marked(comment: str, name: str, width: int | None = None) -> str:
    """A comment with its mark: on the one line, or on each of its lines in so many columns."""
    first = f"{name} says: "
    if width is None or len(first) + len(comment) <= width:
        return first + comment
    lines = textwrap.wrap(comment, max(20, width - 4), initial_indent=" " * len(first), break_on_hyphens=False)
    return "\n".join([first + lines[0].strip(), *(f"  | {line}" for line in lines[1:])])
