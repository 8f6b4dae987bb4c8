"""The limit: Ekiben's encoder and model in the smallest ASGI application, on uvicorn with uvloop and httptools."""

import os
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from service.runtime import Runtime

HEADERS = [(b"content-type", b"application/json")]


class Limit:
    """No checks of the body, no limits, no log."""

    def __init__(self, folder: Path) -> None:
        self.runtime = Runtime(folder)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        _, prediction = self.runtime.respond(msgspec.json.decode(body)["rows"])
        answer = msgspec.json.encode(prediction.probabilities.tolist())
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(
        Limit(Path(os.environ["MODEL"])),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
