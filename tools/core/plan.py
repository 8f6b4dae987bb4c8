"""A plan: ordered tool calls that a person can read, edit, keep in git and apply again without any model."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Step(BaseModel):
    """One tool call."""

    model_config = ConfigDict(extra="forbid")
    tool: str
    args: dict[str, Any] = {}


class Question(BaseModel):
    """What the person must answer before a plan can be made or go on."""

    text: str
    options: list[str] = []


class Plan(BaseModel):
    """What a plan file holds."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1] = 1
    request: str = ""
    tables: dict[str, str] = {}
    """SHA-256 of each table that a step names, by the path as the plan writes it."""
    plan: list[Step] = []
