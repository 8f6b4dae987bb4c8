"""A language model as planner. A reply that is unsure runs nothing: it is asked for again, with the reason."""

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from agent.llm.agents import WHOLE, Agent
from agent.llm.client import connect
from agent.llm.exchange import Exchange
from agent.llm.limits import Limits
from agent.llm.replies import Reader, correction
from agent.planner import AGAIN, Heard, Reply, Usage, unheard
from agent.settings import Settings
from tools.core.context import Context
from tools.core.errors import PlannerFailed

TRIES = 3
"""How often a reply that cannot be used is asked for: once, and twice more with the reason."""


class LanguageModel:
    """One agent behind `--llm PROVIDER:NAME`: a prompt, its tools, and a language model."""

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
        self.told = agent.calls()
        self.reader = Reader(context, agent)
        limits = Limits(settings, context, self.usage)
        self.exchange = Exchange(connect(settings, context), context, limits, settings.stream)

    def tell(self, facts: str) -> None:
        """What it knows of the world from now on."""
        self.system = SystemMessage(f"{self.agent.prompt()}{facts}")

    def ask(self, messages: list[BaseMessage], heard: Heard = unheard) -> Reply:
        """The next usable reply; PlannerFailed after two corrections in vain."""
        attempt: list[BaseMessage] = []
        reason = ""
        for _ in range(TRIES):
            received = self.exchange.ask([self.system, *messages, *attempt], self.told, heard, needs_call(messages))
            reason, reply = self.reader.read(received)
            if reply is not None:
                return reply
            if received.text and received.finish:
                heard(AGAIN)
            attempt += correction(received, reason)
        raise PlannerFailed(
            f"{self.settings.llm} gave no reply that can be used: {reason}", "Try again, or use --llm offline."
        )


def needs_call(messages: list[BaseMessage]) -> bool:
    """Whether words alone are no answer: a request that nothing was done for yet."""
    return isinstance(messages[-1], HumanMessage) and not any(getattr(m, "tool_calls", None) for m in messages)
