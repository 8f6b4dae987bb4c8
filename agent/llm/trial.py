"""Tries a language model's server for what Ekiben needs of it: a reply, a call, streaming, and its prompts whole."""

import secrets
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from agent.llm.client import connect
from agent.llm.exchange import Exchange, NoTools
from agent.llm.gathering import Received
from agent.llm.limits import Limits, tokens_of
from agent.llm.servers import Habits
from agent.planner import Usage
from agent.settings import Settings
from tools.core.context import Context
from tools.core.errors import EkibenError

Tried = tuple[str, bool, str, str]
"""A check: its name, whether it is well, what was seen, and how to mend it."""
NOTE = {
    "type": "function",
    "function": {
        "name": "note",
        "description": "Keep a word.",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    },
}
LONG = 8_000
"""Tokens, about: what a conversation comes to, prompts and tools included."""
WHOLE = 0.6
"""Of the estimated tokens: a server that counts so many has not cut a prompt to half."""
MEND_CALLS = (
    "Plans are asked for as JSON instead, which is less sure. For calls start vLLM with --enable-auto-tool-choice "
    "--tool-call-parser NAME, llama.cpp with --jinja, Ollama with a model that lists tools; see docs/llm.md."
)
MEND_STREAM = "Words come at once instead of one by one. To not try again: stream = false in ekiben.toml."
MEND_LONG = (
    "Start it with room for 16384 tokens: Ollama with OLLAMA_CONTEXT_LENGTH=16384, llama.cpp with -c 16384, vLLM with "
    "--max-model-len 16384, LM Studio by Context Length; see docs/llm.md."
)


def trials(settings: Settings, context: Context) -> list[Tried]:
    """What the server of the settings can do. Once it gives no reply at all, the others are not tried."""
    try:
        exchange = Exchange(connect(settings, context), context, Limits(settings, context, Usage(settings.llm)))
        exchange.habits = Habits()
        said = _asked(exchange, "Answer with the word ready.", streams=False)
    except EkibenError as exc:
        return [("language model", False, exc.message, exc.hint)]
    answers = f"{settings.llm} answers{'' if said.text else ' nothing'}"
    return [("language model", True, answers, ""), *(_guarded(trial, exchange) for trial in (_call, _stream, _long))]


def _guarded(trial: Any, exchange: Exchange) -> Tried:
    name, mend = TRIALS[trial.__name__]
    try:
        ok, detail = trial(exchange)
    except EkibenError as exc:
        ok, detail = False, exc.message
    return name, ok, detail, mend


def _call(exchange: Exchange) -> tuple[bool, str]:
    try:
        said = _asked(exchange, "Call the tool note with the word plum.", told=[NOTE])
    except NoTools:
        exchange.learn("written")
        raise
    calls = [(call.name, call.arguments()) for call in said.calls]
    exchange.learn("native" if calls else "written")
    if ("note", {"word": "plum"}) in calls:
        return True, "makes tool calls"
    return False, "makes another call than it was asked for" if calls else "answers in words where a call was asked for"


def _stream(exchange: Exchange) -> tuple[bool, str]:
    pieces: list[str] = []
    said = _asked(exchange, "Count from one to nine in words.", heard=pieces)
    if not exchange.habits.stream:
        return False, "does not stream"
    counts = "with its count of tokens" if said.input_tokens else "without a count of tokens, which are estimated"
    return bool(pieces), f"streams {counts}" if pieces else "streams nothing"


def _long(exchange: Exchange) -> tuple[bool, str]:
    mark = f"{secrets.choice(('amber', 'birch', 'cedar', 'delta'))}-{secrets.randbelow(9_000) + 1_000}"
    line = "The table has many rows, and each of them is like the others.\n"
    head = f"The mark is {mark}.\n" + line * (LONG * 4 // len(line))
    said = _asked(exchange, "What is the mark at the head of this prompt? Answer with it alone.", head=head)
    if mark in said.text:
        return True, f"sees the head of a prompt of about {LONG} tokens"
    if said.input_tokens >= WHOLE * tokens_of([SystemMessage(head)], []):
        return True, f"reads {said.input_tokens} tokens by its own count, though it did not find a mark at their head"
    counted = f", and counts {said.input_tokens} tokens" if said.input_tokens else ""
    return False, f"does not see the head of a prompt of about {LONG} tokens{counted}: it seems to cut it off"


TRIALS = {
    "_call": ("tool call", MEND_CALLS),
    "_stream": ("streaming", MEND_STREAM),
    "_long": ("long prompt", MEND_LONG),
}


def _asked(
    exchange: Exchange,
    words: str,
    *,
    head: str = "You answer a check of this server.",
    told: Any = (),
    heard: list[str] | None = None,
    streams: bool = True,
) -> Received:
    exchange.streams = streams
    messages: list[BaseMessage] = [SystemMessage(head), HumanMessage(words)]
    return exchange.native(messages, list(told), ([] if heard is None else heard).append)
