"""Ends requests that take too long, by one clock for all of them: a timer for each would cost a tenth of its time."""

import asyncio

LOOKS = 20
"""So often within the time that a request has, it is looked whose time is up."""


class Deadlines:
    """Tasks and when each must have ended."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.loop: asyncio.AbstractEventLoop | None = None
        self.ends: dict[asyncio.Task[object], float] = {}
        self.late: set[asyncio.Task[object]] = set()

    def begin(self) -> asyncio.Task[object]:
        """The current task has its time from now on."""
        task = asyncio.current_task()
        assert task
        loop = task.get_loop()
        if loop is not self.loop:
            self.loop = loop
            self._look(loop)
        self.ends[task] = loop.time() + self.seconds
        return task

    def end(self, task: asyncio.Task[object]) -> None:
        """It has ended."""
        self.ends.pop(task, None)

    def was_late(self, task: asyncio.Task[object]) -> bool:
        """Whether its cancellation was ours, which it then is no more."""
        if task not in self.late:
            return False
        self.late.discard(task)
        task.uncancel()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, end in self.ends.items() if end <= now]:
            del self.ends[task]
            self.late.add(task)
            task.cancel()
        loop.call_later(self.seconds / LOOKS, self._look, loop)
