"""HTTP/1.1 for clients that nobody knows: heads that are endless, late or malformed end their own connection alone."""

import asyncio
import os
import socket
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0
"""So long a client may take from its connection, or a request's first byte, to the end of the request's head."""
LARGEST_HEAD = 64 * 1024
UNREAD_MILLISECONDS = 60_000
"""A client that takes nothing of an answer for so long is cut off (TCP_USER_TIMEOUT)."""
STATUS = {400: b"Bad Request", 431: b"Request Header Fields Too Large"}
MALFORMED = "The request is not HTTP/1.1."
TOO_LARGE = "The request's head is too long."


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol on httptools, with limits for a request's head, and its refusals in the one error shape."""

    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.head_is_open = True
        self.head_bytes = 0
        self.head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_ended()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.head_is_open:
            self.head_bytes += len(data)
            if self.head_bytes > LARGEST_HEAD:
                self._refuse(431, "too_large", TOO_LARGE)
            elif self.head_timer is None:
                self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_is_open = True
        self.head_bytes = 0

    def on_headers_complete(self) -> None:
        self.head_is_open = False
        self._head_ended()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser did not take."""
        self._refuse(400, "not_http", MALFORMED)

    def _await_head(self) -> None:
        self.head_timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _head_ended(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def _refuse(self, status: int, code: str, message: str) -> None:
        if self.transport.is_closing():
            return
        problem = {"code": code, "message": message, "row": None, "column": None, "accepted": None}
        body = msgspec.json.encode({"error": problem, "request_id": os.urandom(16).hex()})
        head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, STATUS[status], len(body)) + body)
        self.transport.close()
