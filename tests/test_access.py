"""Who may ask: no route goes around the key, and only allowed origins may read an answer from a browser."""

import asyncio
import base64
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import clean_environment
from tables import Bench, customers

from service.access import OPEN, Access
from service.http import PATHS, THEIRS
from tools.core.children import environment, python

KEY = "a key; with = in it"
ROUTES = """
import asyncio, json, sys
from service.service import SERVICE
from starlette.routing import Mount

app = SERVICE.to_asgi()
paths = [route.path + ("/x" if isinstance(route, Mount) else "") for route in app.routes]

async def ask(path, method, headers):
    told = []
    async def receive():
        return {"type": "http.request", "body": b"{}"}
    async def send(message):
        told.append(message)
    scope = {"type": "http", "path": path, "raw_path": path.encode(), "method": method, "headers": headers,
             "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "", "client": None,
             "server": ("x", 1), "asgi": {"version": "3.0"}, "state": {}}
    await app(scope, receive, send)
    return told[0]["status"]

async def main():
    found = {}
    for path in {*paths, "/", "/predict", "/docs.json", "/metrics", "/nothing", "/predict/", "//predict"}:
        for method in ("GET", "POST", "PUT", "OPTIONS", "HEAD"):
            found[f"{method} {path}"] = await ask(path, method, [])
    print(json.dumps(found))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source folder of a Bento."""
    bench = Bench(tmp_path_factory.mktemp("access"))
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    return Path(bench("package", model="t").path) / "src"


def test_no_route_of_bentoml_goes_around_the_key(source: Path) -> None:
    """Where BentoML's own server runs the service, the face stands inside BentoML's application."""
    variables = environment(source, EKIBEN_SERVICE_KEY=KEY)
    told = subprocess.run(python("-c", ROUTES), env=variables, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout.splitlines()[-1])
    assert len(found) > 40
    for asked, status in found.items():
        assert status == 401 or asked.partition(" ")[2] in OPEN, (asked, status)


@pytest.fixture(scope="module")
def port(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server with a key and an allowed origin, as the supervisor starts it; its port."""
    place = tmp_path_factory.mktemp("server")
    told = {"EKIBEN_SERVICE_KEY": KEY, "EKIBEN_CORS": '["https://shop.example"]'}
    variables = environment(source, PROMETHEUS_MULTIPROC_DIR=str(place), BENTOML_HOME=str(place), **told)
    with socket.socket() as public, socket.socket(socket.AF_UNIX) as private, (place / "log").open("wb") as log:
        public.bind(("127.0.0.1", 0))
        public.listen()
        private.bind(str(place / "private"))
        private.listen()
        numbers = str(private.fileno()), str(public.fileno())
        process = subprocess.Popen(
            python("-m", "service.server", "--private", numbers[0], "--public", numbers[1]),
            env=variables, pass_fds=(private.fileno(), public.fileno()),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        assert process.stdin and process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.stdin.write(b"activate\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"active\n"
        yield public.getsockname()[1]
        process.communicate(b"drain\n", timeout=60)
        assert KEY not in (place / "log").read_text(encoding="utf-8")


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, b"{}" if method == "POST" else None, headers)
    response = connection.getresponse()
    found = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return found


def bearer(key: str) -> str:
    return "Bearer " + key.encode().decode("latin-1")


@pytest.mark.parametrize("path", [*PATHS, *THEIRS, "/nothing", "/%2e%2e/predict", "//predict"])
def test_every_path_but_health_asks_for_the_key(port: int, path: str) -> None:
    method = PATHS.get(path, ("GET",))[0]
    status, headers, body = ask(port, method, path)
    if path in OPEN:
        assert status == 200
        return
    assert (status, json.loads(body)["error"]["code"]) == (401, "unauthorized")
    assert "Basic" in headers["www-authenticate"]
    with_key = ask(port, method, path, Authorization=bearer(KEY))[0]
    assert with_key == (422 if path == "/predict" else 200 if path in (*PATHS, *THEIRS) else 404)


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Bearer x", bearer(KEY[:-1]), bearer(KEY + "x"), "Basic !", "Basic", "Digest x",
     "Basic " + base64.b64encode(KEY.encode()).decode(), bearer(KEY)[7:]],
)  # fmt: skip
def test_a_wrong_key_is_401(port: int, given: str) -> None:
    assert ask(port, "POST", "/predict", Authorization=given)[0] == 401


def test_a_browser_may_send_the_key_as_a_password(port: int) -> None:
    told = base64.b64encode(f"anybody:{KEY}".encode()).decode()
    assert ask(port, "GET", "/", Authorization=f"Basic {told}")[0] == 200


def test_an_allowed_origin_is_told_so_and_another_is_not(port: int) -> None:
    status, headers, _ = ask(port, "OPTIONS", "/predict", Origin="https://shop.example")
    assert (status, headers["access-control-allow-origin"]) == (204, "https://shop.example")
    assert "authorization" in headers["access-control-allow-headers"]
    assert "POST" in headers["access-control-allow-methods"]
    status, headers, _ = ask(port, "POST", "/predict", Origin="https://shop.example", Authorization=bearer(KEY))
    assert (status, headers["access-control-allow-origin"]) == (422, "https://shop.example")
    for origin in ("https://other.example", "null", "https://shop.example.evil", ""):
        status, headers, _ = ask(port, "OPTIONS", "/predict", Origin=origin)
        assert (status, headers.get("access-control-allow-origin")) == (401, None)


def test_without_origins_nobody_is_allowed() -> None:
    access = Access()
    assert access.preflight([(b"origin", b"https://shop.example")]) is None
    assert access.allowed([(b"origin", b"https://shop.example")]) == []
    assert access.admits("/predict", [])
    assert Access("", ["*"]).allowed([(b"origin", b"https://any")])[0][1] == b"https://any"


def test_bentomls_own_client_takes_the_key(port: int, source: Path) -> None:
    script = (
        "import bentoml, json, sys\n"
        "client = bentoml.SyncHTTPClient(sys.argv[1], token=sys.argv[2], server_ready_timeout=30)\n"
        "rows = json.load(open(sys.argv[3]))['rows']\n"
        "print(len(client.predict(rows=rows)['predictions']))\n"
    )
    told = [sys.executable, "-c", script, f"http://127.0.0.1:{port}", KEY, str(source / "model/sample.json")]
    variables = clean_environment(source, BENTOML_DO_NOT_TRACK="True")
    done = subprocess.run(told, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "50"), done.stderr


def test_a_websocket_is_closed() -> None:
    from service.http import HttpFace

    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nothing comes through")

    asyncio.run(HttpFace(nothing)({"type": "websocket", "path": "/", "headers": []}, nothing, send))
    assert told == [{"type": "websocket.close", "code": 1000}]
