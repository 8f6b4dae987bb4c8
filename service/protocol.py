"""HTTP/1.1 for clients that nobody knows: heads that are endless, late or malformed end their own connection alone."""

import asyncio
import os
import socket
from typing import Any

import httptools
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
HEAD_END = b"\r\n\r\n"


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol on httptools, with limits for a request's head, and its refusals in the one error shape."""

    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.head_is_open = True
        self.held = 0
        """Bytes of a head, or of what follows a body, since the parser last gave something on."""
        self.moved = False
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
        self._unset_keepalive_if_required()
        if self.head_is_open and self.held + len(data) > LARGEST_HEAD and HEAD_END not in data[:LARGEST_HEAD]:
            self._refuse(431, "too_large", TOO_LARGE)
            return
        self.moved = False
        self._feed(data)
        self.held = 0 if self.moved else self.held + len(data)
        if self.held > LARGEST_HEAD:
            self._refuse(431, "too_large", TOO_LARGE)
        elif self.head_is_open and self.head_timer is None:
            self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_is_open = True

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self.moved, self.head_is_open = True, False
        self._head_ended()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            self.moved = True
            super().on_message_complete()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response(MALFORMED)

    def _stay(self, rest: bytes) -> None:
        """Read a request that asks for another protocol without that wish, as RFC 9110 (7.8) lets a server do.

        Java's client asks so with each first POST; the parser alone would drop its body.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response(MALFORMED)
            return
        asked = b",".join(value for name, value in self.headers if name == b"connection").lower()
        kept = [(name, value) for name, value in self.headers if name not in (b"connection", b"upgrade")]
        kept += [(b"connection", b"close")] if b"close" in asked else []
        lines = [method + b" " + self.url + b" HTTP/1.1", *(name + b": " + value for name, value in kept)]
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"\r\n".join(lines) + HEAD_END + rest)

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
