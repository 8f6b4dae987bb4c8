"""A model answers over real HTTP: every status of the contract, junk of many kinds, and traffic that moves."""

import asyncio
import http.client
import json
import os
import random
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tables import Bench

from service.http import Holder, HttpFace
from service.limits import LARGEST_BODY, MOST_AT_ONCE, MOST_ROWS
from service.runtime import Runtime
from tools.core.children import environment, python

pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern:DeprecationWarning")  # when bentoml is imported

ROW = {"age": 40, "fare": "$12.50", "city": "北京", "member": "Yes", "joined": "2020-02-29", "id": "A7", "churn": "x"}
SECRET = "s3cret-s3cret"


@dataclass(frozen=True)
class Home:
    """A BentoML home with one Bento, demo:1."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "bentos" / "demo" / "1" / "src"

    @property
    def model(self) -> Path:
        return self.source / "model"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A tiny model, trained and packaged."""
    bench = Bench(tmp_path_factory.mktemp("home"))
    table = pd.DataFrame([cells(row) | {"id": f"A{row}"} for row in range(90)])
    bench.prepared(table, name="demo", target="churn", drop=["id"])
    bench("train", dataset="demo", estimators=["random_forest"], time_limit=60)
    bench("package", model="demo")
    return Home(bench.context.bentoml_home)


def cells(row: int) -> dict[str, str | None]:
    return {
        "age": str(18 + row % 50),
        "fare": f"${row}.50" if row % 4 else "",
        "city": ["Bern", "北京", None, "Rome"][row % 4],
        "member": "Yes" if row % 3 else "No",
        "joined": f"2020-{1 + row % 12:02d}-{1 + row % 28:02d}",
        "churn": "yes" if row % 50 > 25 else "no",
    }


class Server:
    """One server process on a public socket that others may share, and a private one of its own."""

    def __init__(self, home: Home, public: socket.socket, **variables: str) -> None:
        self.public = public.getsockname()[1]
        place = home.folder / str(time.monotonic_ns())
        place.mkdir()
        self.private, self.log = str(place / "private"), place / "log"
        told = environment(home.source, BENTOML_HOME=str(home.folder), PROMETHEUS_MULTIPROC_DIR=str(place), **variables)
        with socket.socket(socket.AF_UNIX) as private, self.log.open("wb") as log:
            private.bind(self.private)
            private.listen(64)
            numbers = private.fileno(), public.fileno()
            self.process = subprocess.Popen(
                python("-m", "service.server", "--private", str(numbers[0]), "--public", str(numbers[1])),
                env=told,
                cwd=home.folder,
                pass_fds=numbers,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def heard(self) -> str:
        """The next word that it says."""
        assert self.process.stdout
        return self.process.stdout.readline().decode().strip()

    def tell(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(word.encode() + b"\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """Wait for its end, which comes at the latest with that of its standard input."""
        assert self.process.stdin and self.process.stdout
        self.tell("drain")
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        return code


def listener() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(2048)
    return made


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[Server]:
    """A server that has the traffic."""
    with listener() as public:
        started = Server(home, public)
        assert started.heard() == "ready"
        started.tell("activate")
        assert started.heard() == "active"
        yield started
        assert started.end() == 0
        log = started.log.read_text(encoding="utf-8")
        assert "Traceback" not in log and SECRET not in log


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The one error shape, which every refusal has."""
        assert self.headers["content-type"] == "application/json"
        assert set(self.document) == {"error", "request_id"}
        error: dict[str, Any] = self.document["error"]
        assert set(error) == {"code", "message", "row", "column", "accepted"}
        assert error["message"] and SECRET not in str(error)
        assert self.document["request_id"] == self.headers["x-request-id"]
        return error


def ask(port: int, method: str, path: str, body: Any = None) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body)
        return read(connection.getresponse())
    finally:
        connection.close()


def read(response: http.client.HTTPResponse) -> Reply:
    named = {name.lower(): text for name, text in response.getheaders()}
    return Reply(response.status, named, response.read())


def post(server: Server, body: Any) -> Reply:
    """POST /predict, of bytes as they are or of an object as JSON."""
    return ask(server.public, "POST", "/predict", body if isinstance(body, bytes) else json.dumps(body).encode())


def raw(server: Server, sent: bytes) -> bytes:
    """What comes back for bytes as they are, until the server closes or has answered as often as it was asked."""
    with socket.create_connection(("127.0.0.1", server.public), timeout=60) as wire:
        wire.sendall(sent)
        wire.settimeout(5)
        got = b""
        try:
            while part := wire.recv(65536):
                got += part
        except ConnectionResetError:
            pass
        return got


def head(length: int | None = None, *lines: str, close: bool = True) -> bytes:
    """The head of a POST /predict."""
    said = ["POST /predict HTTP/1.1", "Host: x", *lines]
    said += [f"Content-Length: {length}"] if length is not None else []
    said += ["Connection: close"] if close else []
    return ("\r\n".join(said) + "\r\n\r\n").encode()


GOOD = json.dumps({"rows": [ROW]}).encode()


def test_rows_are_answered_in_their_order(server: Server, home: Home) -> None:
    rows = [ROW | {"age": age} for age in (20, 60, 30, 66)]
    reply = post(server, {"rows": rows})
    assert reply.status == 200 and reply.headers["content-type"] == "application/json"
    answer = reply.document
    assert set(answer) == {"predictions", "probabilities", "model", "request_id", "warnings"}
    assert answer["model"] == "demo:1" and answer["warnings"] == []
    assert answer["request_id"] == reply.headers["x-request-id"]
    _, own = Runtime(home.model).respond(rows)
    assert own is not None and own.probabilities is not None
    assert answer["predictions"] == own.values and set(own.values) == {"yes", "no"}
    assert [list(each) for each in answer["probabilities"]] == [["no", "yes"]] * 4
    assert [list(each.values()) for each in answer["probabilities"]] == own.probabilities.tolist()


def test_ten_thousand_rows_are_answered_like_each_alone(server: Server) -> None:
    rows = [ROW | {"age": 18 + i % 50, "fare": None if i % 3 else i / 7} for i in range(10_000)]
    whole = post(server, {"rows": rows})
    assert whole.status == 200 and len(whole.document["predictions"]) == 10_000
    some = range(0, 10_000, 999)
    alone = [post(server, {"rows": [rows[i]]}).document for i in some]
    assert [whole.document["predictions"][i] for i in some] == [each["predictions"][0] for each in alone]
    assert [whole.document["probabilities"][i] for i in some] == [each["probabilities"][0] for each in alone]


def test_what_is_odd_is_taken_with_a_warning(server: Server) -> None:
    reply = post(server, {"rows": [ROW, ROW | {"city": "Paris", "colour": "red"}]})
    assert reply.status == 200
    assert [(w["row"], w["column"]) for w in reply.document["warnings"]] == [(1, "city"), (1, "colour")]
    assert all(set(warning) == {"row", "column", "message"} for warning in reply.document["warnings"])


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"age": SECRET}, "wrong_type", "age"),
        ({"age": "40"}, "wrong_type", "age"),
        ({"age": None}, "missing_column", "age"),
        ({"age": [1]}, "wrong_type", "age"),
        ({"age": True}, "wrong_type", "age"),
        ({"fare": SECRET}, "wrong_type", "fare"),
        ({"city": {"a": 1}}, "wrong_type", "city"),
        ({"member": 2}, "wrong_type", "member"),
        ({"joined": SECRET}, "wrong_type", "joined"),
        ({"age": None, "Age": 40}, "unknown_column", "age"),
    ],
)
def test_a_bad_row_is_422(server: Server, change: dict[str, Any], code: str, column: str) -> None:
    reply = post(server, {"rows": [ROW, ROW, ROW | change]})
    assert reply.status == 422
    assert (reply.error["code"], reply.error["row"], reply.error["column"]) == (code, 2, column)
    assert reply.error["accepted"]


@pytest.mark.parametrize(
    "posted", [{}, {"rows": []}, {"rows": None}, {"rows": ROW}, {"Rows": [ROW]}, [], [ROW], 5, None, "x"]
)
def test_no_rows_are_422(server: Server, posted: Any) -> None:
    reply = post(server, posted)
    assert (reply.status, reply.error["code"]) == (422, "no_rows")


@pytest.mark.parametrize("row", [5, None, "x", [], [ROW]])
def test_a_row_that_is_no_object_is_422(server: Server, row: Any) -> None:
    reply = post(server, {"rows": [ROW, row]})
    assert (reply.status, reply.error["code"], reply.error["row"]) == (422, "wrong_type", 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"rows",
        b'{"rows": [{"age": NaN}]}',
        b'{"rows": [{"age": Infinity}]}',
        b'{"rows": [{"age": 1e999, "fare": -Infinity}]}',
        b'{"rows": [{"age": 01}]}',
        b'{"rows": [{"age": 1,}]}',
        b"{'rows': []}",
        GOOD + GOOD,
        GOOD[:-1],
        b'{"rows": [{"city": "\xff\xfe"}]}',
        b'{"rows": [{"city": "\xed\xa0\x80"}]}',
        b'{"rows": [{"city": "\\ud800"}]}',
        b'{"rows": [{"\\udfff": 1}]}',
        b'{"rows": [{"age": 1e999, "\\udfff": 1}]}',
        b'{"rows": [{"city": "a\x00b"}]}',
        GOOD.decode().encode("utf-16"),
        b"[" * 100_000,
        b'{"rows":' * 50_000,
        b'{"rows": [{"age": ' + b"[" * 50_000 + b"]" * 50_000 + b"}]}",
        bytes(range(256)) * 100,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_not_json_is_400(server: Server, body: bytes) -> None:
    reply = post(server, body)
    assert (reply.status, reply.error["code"]) == (400, "not_json")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "-" + "9" * 400, "9" * 20_000], ids=lambda n: n[:9])
def test_a_number_that_no_float_holds_is_422(server: Server, number: str) -> None:
    for column in ("age", "fare"):
        reply = post(server, json.dumps({"rows": [ROW | {column: "?"}]}).replace('"?"', number).encode())
        assert (reply.status, reply.error["code"], reply.error["column"]) == (422, "wrong_type", column)


@pytest.mark.parametrize("number", ["1e300", "-1.7976931348623157e308", "9" * 300, "5e-324", "1e-400", "-0"])
def test_any_other_number_is_answered(server: Server, number: str) -> None:
    reply = post(server, json.dumps({"rows": [ROW | {"age": "?"}]}).replace('"?"', number).encode())
    assert reply.status == 200 and reply.document["predictions"][0] in ("yes", "no")


def test_json_of_other_habits_is_read(server: Server) -> None:
    assert post(server, b"\xef\xbb\xbf" + GOOD).status == 200
    assert post(server, b"\n\t " + GOOD + b"\r\n").status == 200
    assert post(server, json.dumps({"rows": [ROW], "more": SECRET}, ensure_ascii=False).encode()).status == 200
    twice = GOOD.replace(b'"age": 40', b'"age": "forty", "age": 40')  # the last one counts, as everywhere
    assert post(server, twice).document["predictions"] == post(server, GOOD).document["predictions"]
    assert post(server, GOOD.replace(b"40", b"[" * 300 + b"]" * 300)).error["column"] == "age"
    assert post(server, GOOD.replace(b'"Yes"', b"[" * 300 + b"]" * 300)).error["column"] == "member"


@pytest.mark.parametrize(
    "path", ["/nothing", "/predict/", "//predict", "/docs", "/%00", "/..%2fpredict", "/predict;x=1", "*"]
)
def test_another_path_is_404(server: Server, path: str) -> None:
    reply = ask(server.public, "POST", path, GOOD)
    assert (reply.status, reply.error["code"]) == (404, "not_found")


def test_a_query_is_ignored(server: Server) -> None:
    assert ask(server.public, "POST", f"/predict?{SECRET}=1", GOOD).status == 200


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [("/predict", method, "POST") for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")]
    + [(path, method, "GET, HEAD") for path in ("/", "/docs.json") for method in ("POST", "OPTIONS")],
)
def test_another_method_is_405(server: Server, path: str, method: str, allowed: str) -> None:
    reply = ask(server.public, method, path)
    assert (reply.status, reply.headers["allow"]) == (405, allowed)
    assert reply.body == b"" if method == "HEAD" else reply.error["code"] == "wrong_method"


@pytest.mark.parametrize("path", ["/", "/docs.json"])
def test_head_is_get_without_a_body(server: Server, path: str) -> None:
    got, headed = ask(server.public, "GET", path), ask(server.public, "HEAD", path)
    assert (headed.status, headed.body) == (200, b"")
    assert headed.headers["content-length"] == str(len(got.body))


def test_too_many_rows_are_413(server: Server) -> None:
    reply = post(server, {"rows": [{}] * (MOST_ROWS + 1)})
    assert (reply.status, reply.error["code"]) == (413, "too_many_rows")
    assert post(server, {"rows": [{}] * MOST_ROWS}).status == 422


def test_a_body_of_forty_megabytes_is_413(server: Server) -> None:
    long = b" " * (40 * 1024 * 1024)
    reply = post(server, long)
    assert (reply.status, reply.error["code"]) == (413, "too_large")
    chunks = (long[: LARGEST_BODY // 4] for _ in range(5))  # of a length that nobody told
    reply = ask(server.public, "POST", "/predict", chunks)
    assert (reply.status, reply.error["code"]) == (413, "too_large")


def test_the_largest_body_is_read(server: Server) -> None:
    body = b'{"rows": [{"age": "' + b"x" * (LARGEST_BODY - 30)
    assert post(server, body + b'"}]}').error["code"] == "wrong_type"
    assert post(server, body).error["code"] == "not_json"


def test_a_chunked_body_is_read(server: Server) -> None:
    reply = ask(server.public, "POST", "/predict", (GOOD[i : i + 1] for i in range(len(GOOD))))  # no length: chunked
    assert reply.document["predictions"] == post(server, GOOD).document["predictions"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"\x00" * 100,
        b"POST /predict HTTP/9.9\r\n\r\n",
        head(None, "Content-Length: many") + GOOD,
        head(None, "Content-Length: -1") + GOOD,
        head(None, f"Content-Length: {len(GOOD)}", "Content-Length: 7") + GOOD,
        head(len(GOOD), "Transfer-Encoding: chunked") + b"zz\r\n" + GOOD,
        head(None, "Transfer-Encoding: chunked") + b"-5\r\nhello\r\n",
    ],
    ids=lambda sent: repr(sent[:30]),
)
def test_what_is_not_http_gets_400_and_the_connection_closed(server: Server, sent: bytes) -> None:
    assert raw(server, sent).startswith(b"HTTP/1.1 400")


def test_a_content_length_that_is_too_short_cuts_the_body(server: Server) -> None:
    got = raw(server, head(len(GOOD) - 1) + GOOD)
    assert got.startswith(b"HTTP/1.1 400") and b"not_json" in got


def test_requests_in_one_packet_are_answered_in_turn(server: Server) -> None:
    ages = [20, 60, 20, 60, 30]
    bodies = [json.dumps({"rows": [ROW | {"age": age}]}).encode() for age in ages]
    parts = [head(len(body), close=body is bodies[-1]) + body for body in bodies]
    got = raw(server, b"".join(parts))
    assert got.count(b"HTTP/1.1 200 OK") == 5
    wanted = [post(server, body).document["predictions"][0] for body in bodies]
    answers = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in got.split(b"HTTP/1.1 200 OK")[1:]]
    assert [answer["predictions"][0] for answer in answers] == wanted


def test_old_clients_are_answered(server: Server) -> None:
    got = raw(server, head(len(GOOD)).replace(b"HTTP/1.1", b"HTTP/1.0") + GOOD)
    assert b" 200 OK\r\n" in got and b"predictions" in got


def test_a_hundred_junk_requests_later_it_still_answers(server: Server) -> None:
    chance = random.Random(0)
    starts = [b"", head(10_000), head(None, "Transfer-Encoding: chunked"), b"POST /predict HTTP/1.1\r\n"]
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", server.public), timeout=60) as wire:
            wire.sendall(chance.choice(starts) + chance.randbytes(chance.randrange(2_000)))
    for _ in range(100):
        junk = bytearray(GOOD)
        for _ in range(chance.randrange(1, 4)):
            junk[chance.randrange(len(junk))] = chance.randrange(256)
        reply = post(server, bytes(junk))
        assert reply.status == 200 or (reply.status in (400, 422) and reply.error)
    assert post(server, GOOD).status == 200


def test_half_open_connections_keep_nobody_waiting(server: Server) -> None:
    starts = [b"", b"POST /pre", head(len(GOOD))[:-2], head(len(GOOD)), head(len(GOOD)) + GOOD[:9]]
    wires = [socket.create_connection(("127.0.0.1", server.public), timeout=60) for _ in range(4) for _ in starts]
    for wire, start in zip(wires, starts * 4, strict=True):
        wire.sendall(start)
    assert post(server, GOOD).status == 200
    wires[4].sendall(GOOD[9:])
    assert answered(wires[4]).status == 200
    for wire in wires:
        wire.close()
    assert post(server, GOOD).status == 200


def begun(server: Server, sent: bytes) -> socket.socket:
    """A connection whose request the server is known to have begun, and to wait for the rest of."""
    wire = socket.create_connection(("127.0.0.1", server.public), timeout=60)
    wire.sendall(head(len(GOOD), "Expect: 100-continue"))
    assert wire.recv(100).startswith(b"HTTP/1.1 100")
    wire.sendall(sent)
    return wire


def answered(wire: socket.socket) -> Reply:
    """What came back on a connection."""
    response = http.client.HTTPResponse(wire, method="POST")
    response.begin()
    return read(response)


def test_clients_that_send_next_to_nothing_keep_nobody_out(server: Server) -> None:
    wires = [begun(server, GOOD[:9]) for _ in range(MOST_AT_ONCE + 1)]
    large = json.dumps({"rows": [ROW] * 1_000}).encode()
    assert post(server, large).status == post(server, GOOD).status == 200
    wires[0].sendall(GOOD[9:])
    assert answered(wires[0]).status == 200
    for wire in wires:
        wire.close()


def served(face: HttpFace, *messages: dict[str, Any]) -> Reply:
    """What the HTTP face says, without a server, to a POST of which these messages come; then nothing more."""
    told: list[Any] = []
    coming = iter(messages)

    async def receive() -> Any:
        return next(coming, None) or await asyncio.Event().wait()

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "path": "/predict", "method": "POST", "headers": []}
    asyncio.run(face(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return Reply(told[0]["status"], headers, told[1]["body"])


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    """The application behind the HTTP face, where nothing comes through."""


def test_before_the_model_is_loaded_it_is_503() -> None:
    assert Holder.runtime is None
    reply = served(HttpFace(nobody), {"type": "http.request", "body": GOOD})
    assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (503, "not_ready", "1")


@pytest.fixture
def loaded(home: Home) -> Iterator[Runtime]:
    """The model loaded into this process."""
    Holder.runtime = Runtime(home.model)
    yield Holder.runtime
    Holder.runtime = None


def test_a_body_that_does_not_come_is_504(loaded: Runtime) -> None:
    face = HttpFace(nobody, longest_seconds=0.01)
    for messages in ([], [{"type": "http.request", "body": GOOD[:9], "more_body": True}]):
        reply = served(face, *messages)
        assert (reply.status, reply.error["code"]) == (504, "too_slow")
    assert served(face, {"type": "http.request", "body": GOOD}).status == 200


def test_work_that_takes_too_long_is_504_and_stops(loaded: Runtime) -> None:
    """Many rows are answered in pieces; none is begun once the time is up."""
    rows = json.dumps({"rows": [ROW] * 20_000}).encode()
    face = HttpFace(nobody, longest_seconds=0.05)
    pieces = []
    whole = loaded.graph._piece

    def piece(matrix: Any) -> Any:
        pieces.append(len(matrix))
        time.sleep(0.03)
        return whole(matrix)

    loaded.graph._piece = piece
    reply = served(face, {"type": "http.request", "body": rows})
    assert (reply.status, reply.error["code"]) == (504, "too_slow")
    begun = len(pieces)
    time.sleep(0.3)
    assert len(pieces) <= begun + len(os.sched_getaffinity(0)) < 20
    assert face.at_once == 0


def refused_as_too_many(reply: Reply) -> bool:
    return (reply.status, reply.error["code"], reply.headers["retry-after"]) == (429, "too_many_requests", "1")


def test_too_many_requests_that_wait_for_a_thread_are_429(loaded: Runtime) -> None:
    large = {"type": "http.request", "body": json.dumps({"rows": [ROW] * 100}).encode()}
    assert refused_as_too_many(served(HttpFace(nobody, most_at_once=0), large))
    assert served(HttpFace(nobody, most_at_once=1), large).status == 200


def test_bodies_that_are_too_long_all_together_are_429_and_short_ones_are_not(loaded: Runtime) -> None:
    face = HttpFace(nobody, largest_waiting=100_000)
    part, last = ({"type": "http.request", "body": b" " * 60_000, "more_body": more} for more in (True, False))
    assert refused_as_too_many(served(face, part, part, last))
    assert face.waiting == 0
    face.waiting = 100_000
    begun = {"type": "http.request", "body": GOOD[:9], "more_body": True}
    assert served(face, begun, {"type": "http.request", "body": GOOD[9:]}).status == 200


def test_a_client_that_leaves_frees_its_place(loaded: Runtime) -> None:
    face = HttpFace(nobody, largest_waiting=0)
    part = {"type": "http.request", "body": GOOD[:9], "more_body": True}
    for _ in range(3):
        assert served(face, part, {"type": "http.disconnect"}).error["code"] == "gone"
        assert face.waiting == 0
    assert served(face, part, {"type": "http.request", "body": GOOD[9:]}).status == 200


def test_a_bug_is_500_in_the_one_shape_and_a_traceback_in_the_log(
    loaded: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    loaded.quick, loaded.features = None, [{"op": "unheard of", "column": "age"}]
    reply = served(HttpFace(nobody), {"type": "http.request", "body": GOOD})
    assert (reply.status, reply.error["code"]) == (500, "internal")
    assert "Traceback" in caplog.text and reply.headers["x-request-id"] in caplog.text


def test_health_and_schema_are_bentomls_and_metrics_have_its_names(server: Server) -> None:
    assert ask(server.public, "GET", "/livez").status == ask(server.public, "GET", "/readyz").status == 200
    assert post(server, GOOD).status == 200
    metrics = ask(server.public, "GET", "/metrics")
    assert metrics.status == 200
    assert 'endpoint="/predict",http_response_code="200"' in metrics.body.decode()
    assert ask(server.public, "HEAD", "/livez").status == 200
    for path in ("/livez", "/readyz", "/schema.json"):
        reply = ask(server.public, "POST", path)
        assert (reply.status, reply.error["code"], reply.headers["allow"]) == (405, "wrong_method", "GET, HEAD")
    schema = ask(server.public, "GET", "/schema.json").document
    assert [route["name"] for route in schema["routes"]] == ["predict"]


CLIENT = """
import bentoml, json, sys
with bentoml.SyncHTTPClient(sys.argv[1]) as client:
    print(json.dumps(client.predict(rows=json.loads(sys.argv[2]))))
    try:
        client.predict(rows=[{}])
    except bentoml.exceptions.BentoMLException as exc:
        print(exc)
"""


def test_bentoml_s_own_client_works(server: Server) -> None:
    told = python("-c", CLIENT, f"http://127.0.0.1:{server.public}", json.dumps([ROW]))
    done = subprocess.run(told, env=environment(), capture_output=True, text=True, check=True)
    answer, _, refused = done.stdout.partition("\n")
    assert json.loads(answer)["predictions"] == post(server, GOOD).document["predictions"]
    assert "missing_column" in refused


@dataclass
class Load:
    """Clients that post without a pause, half of them on one connection each, and what they got."""

    port: int
    got: Counter[str] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)

    def run(self, keep: bool) -> None:
        connection = None
        while not self.ending.is_set():
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request("POST", "/predict", GOOD)
                response = connection.getresponse()
                self.got[f"{response.status} {json.loads(response.read())['model']}"] += 1
            except (OSError, ValueError, http.client.HTTPException) as exc:
                self.got[repr(exc)] += 1
            if not keep:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def more(self, answers: int = 50) -> None:
        """Wait for so many more answers."""
        wanted = self.got.total() + answers
        while self.got.total() < wanted:
            time.sleep(0.002)


def test_traffic_moves_and_no_request_is_lost_nor_at_sigterm(home: Home) -> None:
    with listener() as public, ThreadPoolExecutor(4) as clients:
        first, *others = [Server(home, public) for _ in range(3)]
        assert first.heard() == "ready"
        first.tell("activate")
        assert first.heard() == "active"
        load = Load(first.public)
        working = [clients.submit(load.run, keep) for keep in (True, True, False, False)]
        try:
            load.more()
            live = first
            for following in others:
                assert following.heard() == "ready"
                following.tell("activate")
                assert following.heard() == "active"
                live.tell("drain")
                assert live.heard() == "draining"
                assert live.end() == 0
                load.more()
                live = following
        finally:
            load.ending.set()
        for work in working:
            work.result()
        assert set(load.got) == {"200 demo:1"}
        finishes_on_sigterm(live)


def finishes_on_sigterm(server: Server) -> None:
    """See that a server which is told to end answers a request that it has begun."""
    with begun(server, GOOD[:9]) as wire:
        server.process.terminate()
        assert server.heard() == "draining"
        wire.sendall(GOOD[9:])
        reply = answered(wire)
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert server.end() == 0
