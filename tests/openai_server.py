"""A real HTTP server on loopback that speaks OpenAI's chat-completions protocol from a script, streamed where asked."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ORDER = re.compile(r"call (\w+) (\{[^{}]*\})")
Reply = dict[str, Any] | Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Script:
    """What the server will say, in order, and what it was asked."""

    replies: list[Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    url: str = ""
    obeyed: list[tuple[str, str]] = field(default_factory=list)
    """Orders that were read and followed: (tool, arguments)."""


OBEYS: Reply = {}
"""Stands for what `obeying` says."""


def words(text: str, finish: str = "stop") -> Reply:
    """A reply in words."""
    return _completion({"role": "assistant", "content": text}, finish)


def calls(*wanted: tuple[str, Any], finish: str = "tool_calls", ids: list[str] | None = None) -> Reply:
    """A reply of tool calls: (tool, arguments); a str as arguments goes out as it is."""
    made = [
        {
            "id": ids[n] if ids else f"call_{n}",
            "type": "function",
            "function": {"name": tool, "arguments": args if isinstance(args, str) else json.dumps(args)},
        }
        for n, (tool, args) in enumerate(wanted)
    ]
    return _completion({"role": "assistant", "content": None, "tool_calls": made}, finish)


def obeying(script: Script) -> Reply:
    """The worst case: a language model that calls what it reads, wherever it stands: `call TOOL {ARGUMENTS}`."""
    read = "\n".join(str(message.get("content")) for message in script.asked[-1]["messages"])
    found = [each for each in ORDER.findall(read.replace('\\"', '"')) if each not in script.obeyed]
    script.obeyed += found[:1]
    return calls(*found[:1], ids=[f"call_{len(script.asked)}"]) if found else words("I did as I was told.")


def status(code: int, body: Any = None, **headers: str) -> Reply:
    """An HTTP error."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _send(handler, code, json.dumps(body or {"error": {"message": "no", "code": None}}).encode(), **headers)

    return answer


def raw(body: bytes, kind: str = "application/json") -> Reply:
    """Any bytes with status 200."""
    return lambda handler: _send(handler, 200, body, **{"Content-Type": kind})


def events(*data: Any, end: str = "\n\n", done: bool = True, then: Callable[..., None] | None = None) -> Reply:
    """A stream of chunks: dicts as JSON, bytes as they are; `then` goes on with the open connection."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for each in (*data, *([b"data: [DONE]"] if done else [])):
            line = each if isinstance(each, bytes) else b"data: " + json.dumps(each).encode()
            handler.wfile.write(line + end.encode())
            handler.wfile.flush()
        if then:
            then(handler)
        handler.close_connection = True

    return answer


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of a stream."""
    choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    return {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices} | more


def piece(index: int | None = 0, id: str | None = None, name: str | None = None, args: Any = None) -> dict[str, Any]:
    """A chunk with a piece of a call."""
    function = {"name": name, "arguments": args}
    return chunk({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})


def streamed(completion: dict[str, Any], counted: bool) -> Reply:
    """A whole reply as a stream of small pieces."""
    choice = completion["choices"][0]
    message, finish = choice["message"], choice["finish_reason"]
    text = message["content"] or ""
    made = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": word}) for word in _pieces(text))]
    for n, call in enumerate(message.get("tool_calls") or []):
        made.append(piece(n, call["id"], call["function"]["name"], ""))
        made += [piece(n, args=part) for part in _pieces(call["function"]["arguments"])]
    made.append(chunk(finish=finish or None))
    return events(*made, *([chunk(usage=completion["usage"], choices=[])] if counted else []))


def _pieces(text: str, size: int = 7) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def cut(handler: BaseHTTPRequestHandler) -> None:
    """A reply that breaks off."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


@contextmanager
def serving(*replies: Reply) -> Iterator[Script]:
    """Serve a script; after its end every request gets a 500."""
    script = Script(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            script.asked.append(asked)
            script.headers.append(self.headers)
            reply = script.replies.pop(0) if script.replies else status(500)
            reply = obeying(script) if reply is OBEYS else reply
            if isinstance(reply, dict) and asked.get("stream"):
                reply = streamed(reply, counted=bool(asked.get("stream_options")))
            if callable(reply):
                reply(self)
            else:
                _send(self, 200, json.dumps(reply).encode(), **{"Content-Type": "application/json"})

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that leaves is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def well_formed(messages: list[dict[str, Any]]) -> bool:
    """OpenAI's rule: each call of an assistant's message is answered before anybody else speaks."""
    open_calls: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                return False
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            return False
        open_calls += [call["id"] for call in message.get("tool_calls") or []]
    return not open_calls


def _completion(message: dict[str, Any], finish: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def _send(handler: BaseHTTPRequestHandler, code: int, body: bytes, **headers: str) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
