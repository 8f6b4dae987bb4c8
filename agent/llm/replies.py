"""Reads a language model's reply: a plan, a question or words; or why it cannot be used, and nothing of it is run."""

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

import tools
from agent.llm.agents import WHOLE, Agent
from agent.llm.gathering import Received
from agent.llm.schemas import PERSONS
from agent.planner import Call, Reply
from tools.core.context import Context
from tools.core.errors import EkibenError

FINISHED = ("stop", "tool_calls")
NO_OBJECT = "the arguments of a call are not a JSON object."


@dataclass(frozen=True)
class Reader:
    """Reads replies of one agent: the tools that it may call, and the surroundings that their arguments have to fit."""

    context: Context
    agent: Agent = WHOLE

    def read(self, received: Received) -> tuple[str, Reply | None]:
        """Why a reply cannot be used, or the reply."""
        if reason := _unsure(received):
            return reason, None
        calls = [Call(call.name, _own(call.arguments() or {}), call.id) for call in received.calls]
        if any(call.tool == "ask" for call in calls):
            return _question(calls, received.text)
        if any(self._is_not_its(call) for call in calls):
            return "", Reply(received.message(), received.text, [], hands_over=True)
        reason = self._refusal(calls)
        return (reason, None) if reason else ("", Reply(received.message(), received.text, calls))

    def _refusal(self, calls: list[Call]) -> str:
        from agent.world import Here, misfit

        ids = [call.id for call in calls]
        if "" in ids or len(set(ids)) < len(ids):
            return "every call needs an id of its own."
        for call in calls:
            if call.tool not in self.agent.tools:
                return f"there is no tool {call.tool!r}; the tools are {', '.join(self.agent.tools)}."
            if reason := self._misfit(call):
                return reason
        return misfit([(call.tool, call.args) for call in calls], Here(self.context))

    def _is_not_its(self, call: Call) -> bool:
        """Whether a call says, in so many words or by its tool, that the request needs more than this agent has."""
        return not self.agent.is_whole and (
            call.tool == "hand_over" or call.tool in set(tools.TOOLS) - set(self.agent.tools)
        )

    def _misfit(self, call: Call) -> str:
        try:
            tools.load(call.tool).parse(call.args)
            for path in _paths(call):
                self.context.path(path)
        except EkibenError as exc:
            return exc.message
        return ""


def _own(args: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a language model may give."""
    return {name: value for name, value in args.items() if name not in PERSONS}


def _paths(call: Call) -> list[str]:
    """The arguments that are paths: a table, an output, a .bento file."""
    named = {name: value for name in ("path", "output", "model") if isinstance(value := call.args.get(name), str)}
    return [value for name, value in named.items() if name != "model" or value.lower().endswith(".bento")]


def _unsure(received: Received) -> str:
    """Why a reply as such is in doubt."""
    if received.finish not in FINISHED:
        return f"the reply was cut off ({received.finish or 'no finish reason'})."
    if received.fault:
        return received.fault
    if any(call.mixed for call in received.calls):
        return "a call names two tools."
    if any(call.arguments() is None for call in received.calls):
        return NO_OBJECT
    if received.finish == "tool_calls" and not received.calls:
        return "the reply says that it holds calls, and holds none."
    return "" if received.calls or received.text.strip() else "the reply was empty."


def _question(calls: list[Call], text: str) -> tuple[str, Reply | None]:
    args: dict[str, Any] = calls[0].args
    if len(calls) > 1:
        return "ask has to be called alone.", None
    if not isinstance(args.get("text"), str) or not args["text"].strip():
        return "ask needs a text.", None
    given = args.get("options") or []
    options = [str(option) for option in given] if isinstance(given, list) else []
    plain = AIMessage(content=args["text"])
    return "", Reply(plain, text, [], {"text": args["text"], "options": options})


def correction(received: Received, reason: str) -> list[BaseMessage]:
    """A reply and why it was not used, in the form that the protocol wants: every call has its answer."""
    told = f"Nothing was run: {reason} Reply again."
    ids = [call.id for call in received.calls]
    whole = "" not in ids and len(ids) == len(set(ids)) and all(c.name and not c.mixed for c in received.calls)
    if ids and whole and all(call.arguments() is not None for call in received.calls):
        return [received.message(), *(ToolMessage(content=told, tool_call_id=identity) for identity in ids)]
    return [AIMessage(content="(unusable)"), HumanMessage(content=told)]
