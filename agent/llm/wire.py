"""The HTTP client under a language model's: no reply is longer or takes longer than it may, and none is redirected."""

import time
from collections.abc import Iterator

import httpx2

from tools.core.context import Context
from tools.core.errors import PlannerFailed

MOST_BYTES = 8_000_000
MOST_PACKED_BYTES = 250_000
"""Of a reply that comes packed although that was not asked for: it can be a thousand times larger inside."""
MOST_SECONDS = 900
"""For one reply, however lively its server is."""
CONNECT_SECONDS = 10


class Bounded(httpx2.SyncByteStream):
    """A reply's bytes, until there are too many of them or its time is up."""

    def __init__(self, stream: httpx2.SyncByteStream, context: Context, most: int) -> None:
        self.stream, self.context, self.most = stream, context, most

    def __iter__(self) -> Iterator[bytes]:
        size, end = 0, time.monotonic() + MOST_SECONDS
        for part in self.stream:
            self.context.check()
            size += len(part)
            if size > self.most or time.monotonic() > end:
                raise PlannerFailed("The language model's reply does not end.", "Try again, or use another one.")
            yield part

    def close(self) -> None:
        self.stream.close()


def bounded(context: Context, silence: float) -> httpx2.Client:
    """A client that gives up after so many seconds without a byte, and when the command's time is up."""

    def before(request: httpx2.Request) -> None:
        left = max(context.seconds_left(), 0.01)
        waits = {"connect": CONNECT_SECONDS, "read": silence, "write": silence, "pool": CONNECT_SECONDS}
        request.extensions["timeout"] = {name: min(seconds, left) for name, seconds in waits.items()}
        request.headers["Accept-Encoding"] = "identity"

    def after(response: httpx2.Response) -> None:
        packed = response.headers.get("Content-Encoding", "identity") != "identity"
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = Bounded(response.stream, context, MOST_PACKED_BYTES if packed else MOST_BYTES)

    once = httpx2.Limits(max_keepalive_connections=0)  # steps run for minutes between two requests
    return httpx2.Client(event_hooks={"request": [before], "response": [after]}, limits=once)
