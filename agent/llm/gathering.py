"""Gathers a reply from the pieces in which it comes. What a call is given is read strictly, and never repaired."""

import json
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from agent.llm.keys import Secrets

MOST_TOKENS = 10_000_000
"""No reply has more; a larger number is no count."""


@dataclass
class Given:
    """One call as the server gave it: its arguments are JSON text, or what came in the place of that."""

    name: str
    id: str
    index: int | None = None
    text: str = ""
    args: dict[str, Any] | None = None
    """Arguments that came whole, as an object."""
    mixed: bool = False
    """Whether its pieces name two tools."""

    def arguments(self) -> dict[str, Any] | None:
        """The arguments; None where they are no JSON object."""
        if self.args is not None:
            return self.args
        try:
            found = json.loads(self.text or "{}")
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


@dataclass
class Received:
    """A reply, or what has come of it so far."""

    text: str = ""
    calls: list[Given] = field(default_factory=list)
    finish: str = ""
    refusal: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Of the input, what the server had read before."""
    told_only: bool = False
    """Whether it was asked for as JSON, because the server makes no calls."""
    fault: str = ""
    """Why it cannot be read at all."""

    def add(self, piece: BaseMessage) -> str:
        """Take in a piece, or a reply that came whole; the words that are new."""
        if not isinstance(piece, AIMessage):
            return ""
        words = str(piece.text)
        self.text += words
        self.finish = _finish(piece) or self.finish
        self.refusal += str(piece.additional_kwargs.get("refusal") or "")
        self._count(piece.usage_metadata or {})
        if isinstance(piece, AIMessageChunk):
            for chunk in piece.tool_call_chunks:
                self._call_piece(dict(chunk))
        else:
            self._whole_calls(piece)
        return words

    def strike(self, secrets: Secrets) -> None:
        """Take secrets out that a server sends back."""
        self.text = secrets.struck(self.text)
        for call in self.calls:
            call.name, call.text = secrets.struck(call.name), secrets.struck(call.text)
            call.args = None if call.args is None else {k: secrets.struck_in(v) for k, v in call.args.items()}

    def message(self) -> AIMessage:
        """As the conversation keeps it: calls that can be read, each with its id."""
        calls = [{"name": c.name, "args": c.arguments() or {}, "id": c.id, "type": "tool_call"} for c in self.calls]
        return AIMessage(content=self.text, tool_calls=calls)

    def _whole_calls(self, message: AIMessage) -> None:
        for call in message.tool_calls:
            self.calls.append(Given(call["name"], call["id"] or "", args=call["args"]))
        for broken in message.invalid_tool_calls:
            self.calls.append(Given(broken["name"] or "", broken["id"] or "", text=str(broken["args"])))

    def _call_piece(self, chunk: dict[str, Any]) -> None:
        name, identity, index = chunk["name"] or "", chunk["id"] or "", chunk["index"]
        last = next((call for call in reversed(self.calls) if index is None or call.index == index), None)
        begins = last is None or (identity and identity != last.id) or (index is None and bool(name))
        if last is None or begins:
            last = Given(name, identity, index)
            self.calls.append(last)
        elif name and name != last.name:
            last.mixed = bool(last.name)
            last.name = last.name or name
        last.text += chunk["args"] or ""

    def _count(self, usage: Any) -> None:
        """The largest counts: some servers send them with each piece, as they grow."""
        details = usage.get("input_token_details") or {}
        self.input_tokens = max(self.input_tokens, _counted(usage.get("input_tokens")))
        self.output_tokens = max(self.output_tokens, _counted(usage.get("output_tokens")))
        self.cached_tokens = min(max(self.cached_tokens, _counted(details.get("cache_read"))), self.input_tokens)


def _counted(told: Any) -> int:
    return told if isinstance(told, int) and 0 <= told <= MOST_TOKENS else 0


def _finish(message: AIMessage) -> str:
    """Why the reply ended, in OpenAI's words whatever the provider's."""
    told = message.response_metadata
    reason = next(
        (told[name] for name in ("finish_reason", "stop_reason", "done_reason", "status") if told.get(name)), ""
    )
    return FINISHES.get(str(reason).lower(), str(reason).lower())


FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "complete": "stop",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "max_tokens": "length",
    "incomplete": "length",
    "refusal": "content_filter",
    "safety": "content_filter",
}
