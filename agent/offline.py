"""The offline planner as a chat model: a pure function of the messages, with no key and no network."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agent.planner import Call, Heard, Reply, Usage, unheard
from tools.core.plan import Plan, Question

Understand = Callable[[list[str]], tuple[Plan | Question, list[str]]]
"""From a person's words, first to last, to a plan or a question, and notes on how they were read."""


class OfflineModel(BaseChatModel):
    """A chat model that reads the person's words since the last outcome, and plans or asks."""

    understand: Understand

    @property
    def _llm_type(self) -> str:
        return "ekiben-offline"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _reply(self, messages: Sequence[BaseMessage]) -> AIMessage:
        if not isinstance(messages[-1], HumanMessage):
            return AIMessage(content="")
        outcome, notes = self.understand(words_of(messages))
        if isinstance(outcome, Question):
            asked = {"question": outcome.model_dump(), "notes": notes}
            return AIMessage(content=outcome.text, additional_kwargs=asked)
        calls = [
            {"name": step.tool, "args": step.args, "id": call_id(messages, place, step.tool, step.args)}
            for place, step in enumerate(outcome.plan)
        ]
        return AIMessage(content="", tool_calls=calls, additional_kwargs={"notes": notes})


class OfflinePlanner:
    """The offline chat model in the loop."""

    is_final = True
    speaker = "offline planner"
    names: frozenset[str] = frozenset()

    def __init__(self, understand: Understand) -> None:
        self.model = OfflineModel(understand=understand)
        self.usage = Usage("offline")

    def ask(self, messages: list[BaseMessage], heard: Heard = unheard) -> Reply:
        """Understand what was said last."""
        message = self.model.invoke(messages)
        calls = [Call(call["name"], call["args"], call["id"] or "") for call in message.tool_calls]
        told = message.additional_kwargs
        return Reply(message, str(message.content), calls, told.get("question"), told.get("notes", []))


def words_of(messages: Sequence[BaseMessage]) -> list[str]:
    """What the person said since the last plan: a request, then the answers to questions about it."""
    words: list[str] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            words.append(str(message.content))
        elif isinstance(message, AIMessage) and message.tool_calls:
            words.clear()
    return words


def call_id(messages: Sequence[BaseMessage], place: int, tool: str, args: dict[str, Any]) -> str:
    """The same id for the same call at the same place of the same conversation."""
    said = json.dumps([str(m.content) for m in messages] + [place, tool, args], ensure_ascii=False, default=str)
    return "call_" + hashlib.sha256(said.encode()).hexdigest()[:12]
