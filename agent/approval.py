"""Who says yes to a step that changes what is served, or deletes: a person, by a flag, by name, or when asked."""

import sys
from collections.abc import Callable, Collection
from typing import Any

from agent.asking import Consent
from tools.core.journal import JournalStep


def make_approver(
    *,
    yes: bool,
    named_by_person: bool,
    ask: Callable[[JournalStep, str, str], bool | dict[str, Any]] | None,
    unsaid: Callable[[JournalStep], list[str]] | None = None,
    approved_now: Collection[int] = (),
    declined_now: Collection[int] = (),
    consent: Consent | None = None,
) -> Callable[[JournalStep, str, str], bool | dict[str, Any] | None]:
    """The answer to "may this step run?".

    `--yes` approves a release step, unless it has arguments that nobody said and no tool made. It approves a destroy
    step only where a person named the thing, and never an output that exists. `approved_now` and `declined_now` are the
    positions that a person just answered with `resume RUN yes` or `no`; `consent` is what was said yes to in this
    session, which counts as `--yes` for a release step. None means that nobody can be asked.
    """

    def approve(step: JournalStep, text: str, effect: str) -> bool | dict[str, Any] | None:
        if step.position in approved_now or step.position in declined_now:
            return step.position in approved_now
        agreed = yes or (consent is not None and consent.always)
        if agreed and effect == "release" and not (unsaid and unsaid(step)):
            return True
        if yes and effect == "destroy" and named_by_person:
            return True
        return ask(step, text, effect) if ask else None

    return approve


def can_ask(json: bool) -> bool:
    """Whether there is a person at a terminal to ask."""
    return not json and sys.stdin.isatty() and sys.stdout.isatty()
