"""After a supervisor was killed, or the machine was: what the record says is live is started anew and proven."""

import asyncio
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

from tools.core.errors import EkibenError
from tools.core.journal import now
from tools.core.serving.survivors import Survivors, read_survivors

if TYPE_CHECKING:
    from tools.core.serving.deployments import Deployment
    from tools.core.serving.replicas import Replicas
    from tools.core.serving.turns import Turns

WAITS = (0.0, 1.0, 4.0, 16.0)
"""Seconds before each attempt."""
LATER_SECONDS = 60.0
"""And while processes that outlived the supervisor still answer."""


async def recover(folder: Path, turns: "Turns") -> None:
    """Bring back the live revision; the processes that outlived the supervisor answer until then.

    A canary is ended, and the record says so: its processes ended with their supervisor.
    """
    from tools.core.serving.deployments import Deployment

    deployment = Deployment(folder.name, folder)
    survivors = read_survivors(folder)
    if not deployment.revisions or not deployment.is_wanted:
        await Survivors(0, survivors).leave()
        turns.ended.set()
        return
    revision = deployment.last["revision"]
    if survivors:
        turns.live = Survivors(revision, survivors)
    if canary := deployment.canary:
        told = {"revision": revision, "left": canary["revision"], "why": "its supervisor ended"}
        turns.write({"at": now(), "event": "canary_failed", **told})
    waits = chain(WAITS, repeat(LATER_SECONDS))
    for number, seconds in enumerate(waits, 1):
        await asyncio.sleep(seconds)
        turns.trouble = await _attempt(deployment, revision, turns)
        if not turns.trouble:
            return
        if number >= len(WAITS) and not (turns.live and turns.live.runs):
            turns.fail(turns.trouble)
            return


async def _attempt(deployment: "Deployment", revision: int, turns: "Turns") -> str:
    from tools.core.serving.proof import prove_all
    from tools.core.serving.revisions import check_revision, setup_of

    before = turns.live
    try:
        await asyncio.to_thread(check_revision, deployment, revision)
        setup = await asyncio.to_thread(setup_of, deployment, revision, turns.key)
        replicas, error = await turns.ready(setup)
        if error:
            return error
        try:
            await asyncio.to_thread(prove_all, replicas.private, deployment, revision)
        except EkibenError:
            await replicas.leave()
            raise
    except EkibenError as exc:
        return exc.message
    return await _taken(replicas, before, turns)


async def _taken(replicas: "Replicas", before: object, turns: "Turns") -> str:
    """Give it the traffic, unless a command put something live meanwhile."""
    async with turns.moving:
        if turns.live is not before:
            await replicas.leave()
            return ""
        return await turns.replace(replicas, None)
