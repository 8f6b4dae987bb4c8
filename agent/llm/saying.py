"""Asks a planner for its next reply, and lets of its words only out what may be shown; refuses others once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agent.llm.comments import Comment
from agent.llm.figures import PIECE
from agent.planner import AGAIN, Heard, Planner, Reply
from tools.core.journal import JournalStep

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

REFUSED = (
    "Nothing of this was shown: {what}. Code fills numbers in where you name a field of a result above in braces, as "
    "{{train.score}}. Say it again so, or in words without numbers."
)
MOST_QUOTED = 5
LONGEST_OPTION = 80
MOST_OPTIONS = 20


@dataclass(frozen=True)
class Spoken:
    """A reply, its words as they may be shown, and what had to be said beside them."""

    reply: Reply
    text: str = ""
    warnings: list[str] = field(default_factory=list)


def ask(planner: Planner, messages: "list[BaseMessage]", steps: Sequence[JournalStep], heard: Heard) -> Spoken:
    """The planner's next reply; what a language model says of results with numbers of its own is asked for again."""
    if planner.is_final:
        reply = planner.ask(messages, heard)
        return Spoken(reply, reply.text)
    reply = _listened(planner, messages, lambda: Comment(steps, planner.names, strict=True), heard)
    first = _checked(reply, messages, steps, planner.names)
    if reply.calls or not first.faults:
        return _spoken(reply, first)
    heard("\n")
    notes = reply.notes
    again = [*messages, *_refusal(reply, first.faults)]
    reply = _listened(planner, again, lambda: Comment(steps, planner.names), heard)
    reply = replace(reply, notes=[*notes, *reply.notes])
    return _spoken(reply, _checked(reply, messages, steps, planner.names))


def _listened(planner: Planner, messages: "list[BaseMessage]", begun: Callable[[], Comment], heard: Heard) -> Reply:
    """A reply, its words let out as a comment that begins anew where the reply is asked for again."""
    comment = begun()

    def listen(piece: str) -> None:
        nonlocal comment
        if piece != AGAIN:
            heard(comment.feed(piece))
            return
        heard(comment.end() + "\n")
        comment = begun()

    reply = planner.ask(messages, listen)
    heard(comment.end())
    return reply


@dataclass(frozen=True)
class _Checked:
    text: str
    options: list[str]
    faults: list[str]
    warnings: list[str]


def _checked(
    reply: Reply, messages: "Sequence[BaseMessage]", steps: Sequence[JournalStep], names: Iterable[str]
) -> _Checked:
    """A comment, or a question and its options: a question may say again what the person said."""
    if reply.question is None:
        found = [_whole(reply.text, Comment(steps, names))]
    else:
        said = [
            word.strip("\"'()[].,;:!?") for m in messages if m.type == "human" for word in PIECE.findall(str(m.content))
        ]
        texts = [reply.question["text"], *reply.question["options"][:MOST_OPTIONS]]
        found = [_whole(text, Comment(steps, names, said=said)) for text in texts]
    return _Checked(
        found[0].text,
        [comment.text[:LONGEST_OPTION] for comment in found[1:]],
        [fault for comment in found for fault in comment.faults],
        list(dict.fromkeys(warning for comment in found for warning in comment.warnings)),
    )


def _whole(text: str, comment: Comment) -> Comment:
    comment.feed(text)
    comment.end()
    return comment


def _spoken(reply: Reply, checked: _Checked) -> Spoken:
    if reply.question is not None:
        asked: dict[str, Any] = {"text": checked.text, "options": checked.options}
        reply = replace(reply, question=asked)
    return Spoken(reply, checked.text, [*checked.warnings, *(reply.notes if not reply.calls else [])])


def _refusal(reply: Reply, faults: list[str]) -> "list[BaseMessage]":
    """What was said and why it is not shown; none of it is kept in the conversation."""
    from langchain_core.messages import AIMessage, HumanMessage

    what = ", ".join(repr(fault) for fault in faults[:MOST_QUOTED]) + " is no reference to a result's field"
    return [AIMessage(content=reply.text or "(a question)"), HumanMessage(REFUSED.format(what=what))]
