"""The agents: one for each stage of the workflow, and the planner of the whole. What each is told and may call."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tools
from agent.llm.schemas import ASK, HAND_OVER, callable_by
from agent.stages import STAGES

PROMPTS = Path(__file__).parents[2] / "prompts"


@dataclass(frozen=True)
class Agent:
    """One prompt and its tools."""

    name: str
    tools: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it has every tool, and nobody to hand over to."""
        return self.name not in STAGES

    def prompt(self) -> str:
        """What it is told of its work: its own prompt, then the rules of all."""
        own, rules = ((PROMPTS / f"{name}.md").read_text(encoding="utf-8") for name in (self.name, "rules"))
        more = (
            ""
            if self.is_whole
            else "A request that needs more than your tools is not yours: call `hand_over`, alone.\n"
        )
        return f"{own}{more}\n{rules}"

    def calls(self) -> list[dict[str, Any]]:
        """What it can call."""
        return callable_by(self.tools, [ASK] if self.is_whole else [ASK, HAND_OVER])


WHOLE = Agent("planner", tools.TOOLS)
AGENTS = {name: Agent(name, its) for name, its in STAGES.items()} | {"planner": WHOLE}
