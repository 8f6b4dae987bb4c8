"""A language model as planner, over any server that speaks OpenAI's protocol. A reply that is unsure runs nothing."""

from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

import tools
from agent.llm.agents import WHOLE, Agent
from agent.llm.client import connect, invoke
from agent.planner import Call, Heard, Reply, Usage, unheard
from agent.settings import Settings
from tools.core.context import Context
from tools.core.errors import EkibenError, LimitReached, PlannerFailed

TRIES = 3
"""How often a reply that cannot be used is asked for: once, and twice more with the reason."""
FINISHED = ("stop", "tool_calls", "function_call")


class LanguageModel:
    """The planner behind `--llm openai:NAME`."""

    is_final = False

    names: frozenset[str] = frozenset()

    def __init__(
        self, settings: Settings, context: Context, facts: str, agent: Agent = WHOLE, usage: Usage | None = None
    ) -> None:
        self.settings, self.context, self.agent = settings, context, agent
        self.speaker = settings.llm
        self.usage = usage or Usage(settings.llm)
        self.system = SystemMessage("")
        self.tell(facts)
        self.model = connect(settings).bind_tools(agent.calls())

    def tell(self, facts: str) -> None:
        """What it knows of the world from now on."""
        self.system = SystemMessage(f"{self.agent.prompt()}{facts}")

    def ask(self, messages: list[BaseMessage], heard: Heard = unheard) -> Reply:
        """The next usable reply; PlannerFailed after two corrections in vain."""
        attempt: list[BaseMessage] = []
        reason = ""
        for _ in range(TRIES):
            self._within_limits()
            message = invoke(self.model, [self.system, *messages, *attempt])
            if message is None:
                reason = "the arguments of a call are not a JSON object."
                attempt += _correction(AIMessage(content=""), reason)
                continue
            self._count(message)
            reason, reply = self._read(message)
            if reply is not None:
                return reply
            attempt += _correction(message, reason)
        raise PlannerFailed(
            f"{self.settings.llm} gave no reply that can be used: {reason}", "Try again, or use --llm offline."
        )

    def _read(self, message: AIMessage) -> tuple[str, Reply | None]:
        ended = message.response_metadata.get("finish_reason")
        if ended not in FINISHED:
            return f"the reply was cut off ({ended or 'no finish reason'}).", None
        if message.invalid_tool_calls:
            return "the arguments of a call are not a JSON object.", None
        text = message.text if isinstance(message.text, str) else str(message.content)
        if not message.tool_calls and not text.strip():
            return "the reply was empty.", None
        asked = [call for call in message.tool_calls if call["name"] == "ask"]
        if asked:
            return self._question(message, asked, text)
        calls = [Call(call["name"], call["args"], call["id"] or "") for call in message.tool_calls]
        if any(call.tool == "hand_over" or call.tool in tools.TOOLS for call in calls if self._is_not_its(call)):
            return "", Reply(message, text, [], hands_over=True)
        reason = self._refusal(calls)
        return (reason, None) if reason else ("", Reply(message, text, calls))

    def _question(self, message: AIMessage, asked: list[Any], text: str) -> tuple[str, Reply | None]:
        args = asked[0]["args"]
        if len(message.tool_calls) > 1:
            return "ask has to be called alone.", None
        if not isinstance(args.get("text"), str) or not args["text"].strip():
            return "ask needs a text.", None
        options = [str(option) for option in args.get("options") or []]
        plain = AIMessage(content=args["text"])
        return "", Reply(plain, text, [], {"text": args["text"], "options": options})

    def _refusal(self, calls: list[Call]) -> str:
        from agent.world import Here, misfit

        ids = [call.id for call in calls]
        if "" in ids or len(set(ids)) < len(ids):
            return "every call needs an id of its own."
        for call in calls:
            if call.tool not in self.agent.tools:
                return f"there is no tool {call.tool!r}; the tools are {', '.join(self.agent.tools)}."
            try:
                tools.load(call.tool).parse(call.args)
                for name in ("path", "output"):
                    if isinstance(call.args.get(name), str):
                        self.context.path(call.args[name])
            except EkibenError as exc:
                return exc.message
        return misfit([(call.tool, call.args) for call in calls], Here(self.context))

    def _is_not_its(self, call: Call) -> bool:
        return not self.agent.is_whole and call.tool not in self.agent.tools

    def _within_limits(self) -> None:
        used = self.usage.input_tokens + self.usage.output_tokens
        if self.settings.max_tokens is not None and used >= self.settings.max_tokens:
            raise LimitReached(f"The limit of {self.settings.max_tokens} tokens is reached.", "Raise --max-tokens.")
        self.context.check()

    def _count(self, message: AIMessage) -> None:
        self.usage.calls += 1
        if message.usage_metadata:
            self.usage.input_tokens += message.usage_metadata["input_tokens"]
            self.usage.output_tokens += message.usage_metadata["output_tokens"]


def _correction(message: AIMessage, reason: str) -> list[BaseMessage]:
    """The reply and why it was not used, in the form that the protocol wants: every call has its answer."""
    from langchain_core.messages import HumanMessage

    told = f"Nothing was run: {reason} Reply again."
    calls = [call for call in message.tool_calls if call["id"]]
    whole = len(calls) == len({call["id"] for call in calls}) and not message.invalid_tool_calls
    if calls and whole:
        kept = AIMessage(content=message.content, tool_calls=calls)
        return [kept, *(ToolMessage(content=told, tool_call_id=str(call["id"])) for call in calls)]
    return [AIMessage(content="(unusable)"), HumanMessage(content=told)]
