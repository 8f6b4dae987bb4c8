"""A language model as planner, an agent for each stage: code chooses, from the request and the outcomes, who is asked.

After a step that failed, the agent of its stage. Else, where the offline planner can tell that the request stays within
one stage, that stage's agent. Else the planner of the whole. An agent that needs more than its stage hands over.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agent.llm.agents import AGENTS, WHOLE, Agent
from agent.llm.facts import names_told
from agent.llm.planner import LanguageModel
from agent.llm.sharing import Shared, shared_rows
from agent.offline import Understand, words_of
from agent.planner import Heard, Reply, Usage, unheard
from agent.settings import Settings
from agent.stages import stage_of
from agent.stagesettings import StageSettings
from tools.core.context import Context
from tools.core.errors import EkibenError, LimitReached
from tools.core.plan import Plan

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


class Staged:
    """The planner behind `--llm PROVIDER:NAME`."""

    is_final = False

    def __init__(self, settings: Settings, context: Context, facts: str, understand: Understand) -> None:
        self.settings, self.context, self.facts, self.understand = settings, context, facts, understand
        self.names = names_told(facts)
        self.usage = Usage(settings.llm)
        self.speaker = settings.llm
        self.handed_over = False
        """Whether a stage's agent has said that the request needs more than its stage."""
        self._made: dict[str, LanguageModel] = {}
        self._turns: dict[str, int] = {}
        self._said: list[str] = []
        for agent in [WHOLE, *(AGENTS[name] for name, own in settings.stages.items() if own.llm or own.base_url)]:
            self._of(agent)  # a key or a price that is missing is said before anything is written

    def ask(self, messages: "list[BaseMessage]", heard: Heard = unheard) -> Reply:
        """The next reply, of the agent whose turn it is."""
        agent = agent_for(messages, WHOLE if self.handed_over else self.of_request(messages))
        reply = self._asked(agent, messages, heard)
        if reply.hands_over:
            self.handed_over = True
            notes, reply = reply.notes, self._asked(WHOLE, messages, heard)
            reply = replace(reply, notes=[*notes, *reply.notes])
        return reply

    def of_request(self, messages: "Sequence[BaseMessage]") -> Agent:
        """The agent whose stage the request stays within, as far as the offline planner understands it."""
        last = max((n for n, message in enumerate(messages) if message.type == "human"), default=-1)
        try:
            outcome, _ = self.understand(words_of(messages[: last + 1]))
        except EkibenError:
            return WHOLE
        stage = stage_of([step.tool for step in outcome.plan]) if isinstance(outcome, Plan) else None
        return AGENTS[stage] if stage else WHOLE

    def _asked(self, agent: Agent, messages: "list[BaseMessage]", heard: Heard) -> Reply:
        most = self.settings.stages.get(agent.name, StageSettings()).max_turns
        self._turns[agent.name] = self._turns.get(agent.name, 0) + 1
        if most is not None and self._turns[agent.name] > most:
            raise LimitReached(
                f"The {agent.name} stage did not come to an end in {most} turns.",
                f"Raise max_turns under [stages.{agent.name}].",
            )
        model = self._of(agent)
        self.speaker = model.speaker
        shared = shared_rows(self.context, self.settings.share_rows)
        if shared:
            model.tell(f"{self.facts}\n{shared.told}")
        reply = model.ask(messages, heard)
        return replace(reply, notes=[*reply.notes, *self._noted(shared)])

    def _noted(self, shared: Shared | None) -> list[str]:
        """The person reads once which rows went out."""
        note = "" if shared is None else f"{shared.rows} training rows of {shared.tag} were shown to {self.speaker}."
        if note and note not in self._said:
            self._said.append(note)
            return [note]
        return []

    def _of(self, agent: Agent) -> LanguageModel:
        if agent.name not in self._made:
            own = self.settings.stages.get(agent.name, StageSettings())
            base_url = self.settings.base_url if own.base_url is None else own.base_url
            settings = replace(self.settings, llm=own.llm or self.settings.llm, base_url=base_url)
            self._made[agent.name] = LanguageModel(settings, self.context, self.facts, agent, self.usage)
        return self._made[agent.name]


def agent_for(messages: "Sequence[BaseMessage]", of_request: Agent) -> Agent:
    """Who is asked now: after a failed step the agent of its stage, else that of the request."""
    for message in reversed(messages):
        if message.type != "tool":
            return of_request
        if _failed(message.content):
            stage = stage_of([str(message.name)])
            return AGENTS[stage] if stage else of_request
    return of_request


def _failed(content: Any) -> bool:
    try:
        return bool(json.loads(content)["status"] == "failed")
    except (ValueError, TypeError, KeyError):
        return False
