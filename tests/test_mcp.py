"""`ekiben mcp` as its clients see it: the SDK's own over stdio, a bare one that reads every line, and the inspector."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from conftest import EKIBEN, Shell, churn, clean_environment
from filelock import FileLock
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

import tools

ROOT = Path(__file__).resolve().parents[1]
RELEASES = ("deploy", "promote", "rollback", "stop")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def client(shell: Shell, *args: str, **variables: str) -> AsyncIterator[ClientSession]:
    """The SDK's client of `ekiben mcp ARGS`, which has listed the tools, so that it checks each result's schema.

    Nothing may stand on the server's standard error in the end.
    """
    environment = clean_environment(shell.folder / "home", **variables)
    server = StdioServerParameters(command=str(EKIBEN), args=["mcp", *args], cwd=shell.folder, env=environment)
    log = shell.folder / "home" / "stderr.txt"
    with log.open("w") as written:
        async with stdio_client(server, written) as streams, ClientSession(*streams) as session:
            await session.initialize()
            await session.list_tools()
            yield session
    assert log.read_text() == ""


async def call(session: ClientSession, tool: str, **args: Any) -> dict[str, Any]:
    """The document of a call that went well."""
    answer = await session.call_tool(tool, args)
    assert not answer.is_error, answer.content
    assert answer.content[0].text.splitlines()[0] == answer.structured_content["headline"]
    assert json.loads(answer.content[1].text) == answer.structured_content
    return answer.structured_content


async def fail(session: ClientSession, tool: str, **args: Any) -> dict[str, str]:
    """The error of a call that did not; its text is what a person would read."""
    answer = await session.call_tool(tool, args)
    assert answer.is_error
    error = answer.structured_content["error"]
    assert answer.content[0].text == f"{error['message']} {error['hint']}".strip()
    return error


def runs(shell: Shell) -> list[tuple[str, str]]:
    """The journal's runs, oldest first: what was asked, and how it ended."""
    return [(run["request"], run["status"]) for run in reversed(shell("runs").document["runs"])]


def processes(folder: Path) -> list[str]:
    """The command lines of processes that work in a folder."""
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(folder) in line]


@pytest.mark.anyio
async def test_the_tools_are_listed_from_their_declarations(shell: Shell) -> None:
    async with client(shell) as session:
        assert "deploy" in (session.instructions or "")
        listed = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert tuple(listed) == tools.TOOLS
    for name, shown in listed.items():
        tool = tools.load(name)
        assert (shown.description or "").startswith(tool.description)
        assert shown.input_schema == tool.schema()
        assert shown.annotations is not None
        assert shown.annotations.read_only_hint == (tool.effect == "read")
        assert shown.annotations.destructive_hint == (tool.effect in ("release", "destroy"))
        assert shown.annotations.open_world_hint is False
        assert ("--allow" in (shown.description or "")) == (tool.effect in ("release", "destroy"))


@pytest.mark.anyio
async def test_a_table_becomes_a_model_with_progress_and_structured_results(shell: Shell) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def watch(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with client(shell) as session:
        assert (await call(session, "profile", path="churn.csv"))["rows"] == 900
        prepared = await call(session, "preprocess", dataset="churn", target="Churn")
        assert prepared["target"] == "Churn"
        args = {"dataset": "churn", "estimators": ["linear"], "time_limit": 5}
        answer = await session.call_tool("train", args, progress_callback=watch)
        assert answer.structured_content["model"] == "churn:1"
        assert (await call(session, "status"))["models"] == ["churn:1"]
    steps = [progress for progress, _, _ in told]
    assert steps == sorted(set(steps)), "progress grows with each notification"
    assert all(0 <= progress <= 1 and total == 1 and message for progress, total, message in told)
    assert any("best so far" in (message or "") for _, _, message in told)
    done = ["ekiben profile", "ekiben preprocess", "ekiben train", "ekiben status"]
    assert runs(shell) == [(request, "done") for request in done]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "profile needs 'path'."),
        ({"path": "churn.csv", "rows": 7}, "profile has no argument 'rows'."),
        ({"path": 7}, "profile: path cannot be 7"),
        ({"path": "no.csv"}, "no.csv'"),
        ({"path": "a\0b"}, "NUL"),
        ({"path": "\x1b[31m\u202e.csv"}, "[31m"),
    ],
)
async def test_wrong_arguments_are_told_in_a_sentence(shell: Shell, args: dict[str, Any], said: str) -> None:
    async with client(shell) as session:
        answer = await session.call_tool("profile", args)
        assert answer.is_error
        assert said in answer.content[0].text
        assert answer.content[0].text.isprintable()
        assert answer.structured_content["error"]["code"] in ("bad_arguments", "not_found")
        await call(session, "profile", path="churn.csv")


@pytest.mark.anyio
async def test_a_question_says_which_argument_answers_it(shell: Shell) -> None:
    async with client(shell) as session:
        await call(session, "profile", path="churn.csv")
        error = await fail(session, "preprocess", dataset="churn", target="Churn", split="group")
    assert error["code"] == "question"
    assert error["hint"].endswith("Call preprocess again with group_column set to the answer.")


@pytest.mark.anyio
async def test_an_unknown_tool_is_an_error_of_the_protocol(shell: Shell) -> None:
    async with client(shell) as session:
        with pytest.raises(MCPError) as caught:
            await session.call_tool("shell\x1b[31m", {"command": "id"})
        assert "The tools are: profile," in caught.value.message
        assert caught.value.message.isprintable()
        assert caught.value.code == -32602
        await session.send_ping()


@pytest.mark.anyio
@pytest.mark.parametrize(("flags", "variables"), [((), {}), ((), {"EKIBEN_YES": "1"}), (("--allow", "destroy"), {})])
async def test_release_tools_are_refused_unless_allowed(trained: Shell, flags: Any, variables: Any) -> None:
    before = runs(trained)
    async with client(trained, *flags, **variables) as session:
        for tool in RELEASES:
            error = await fail(session, tool, **{"model" if tool == "deploy" else "deployment": "churn"})
            assert error["code"] == "approval_needed"
            assert error["message"] == f"This server was not allowed to let {tool} change what is served."
            assert error["hint"].endswith("ekiben mcp --allow release")
    assert runs(trained) == before
    assert trained("status").document["deployments"] == []


@pytest.mark.anyio
@pytest.mark.parametrize("flags", [(), ("--yes",), ("--allow", "release")])
async def test_destroy_tools_are_refused_unless_allowed(trained: Shell, flags: tuple[str, ...]) -> None:
    async with client(trained, *flags) as session:
        error = await fail(session, "delete", kind="model", name="churn:1")
        assert error["hint"].endswith("ekiben mcp --allow destroy")
        assert (await call(session, "status"))["models"] == ["churn:1"]


@pytest.mark.anyio
async def test_what_is_allowed_runs(shell: Shell) -> None:
    async with client(shell, "--allow", "destroy") as session:
        await call(session, "profile", path="churn.csv")
        assert (await call(session, "delete", kind="dataset", name="churn:1"))["name"] == "churn:1"
        assert (await call(session, "status"))["datasets"] == []


@pytest.mark.anyio
@pytest.mark.parametrize("flags", [("--allow", "release"), ("--yes",)])
async def test_a_deployment_outlives_the_client_and_is_stopped_by_the_next(trained: Shell, flags: Any) -> None:
    async with client(trained, *flags) as session:
        released = await call(session, "deploy", model="churn")
        assert released["verified"]
    assert trained("status").document["deployments"][0]["state"] == "live"
    async with client(trained, *flags) as session:
        assert (await call(session, "stop", deployment="churn"))["url"] == released["url"]
    assert trained("delete", "deployment", "churn", "--yes").code == 0


@pytest.mark.anyio
async def test_an_output_that_exists_is_replaced_where_both_the_call_and_the_command_line_say_so(
    trained: Shell,
) -> None:
    args = {"model": "churn", "path": "churn.csv", "output": "scores.csv"}
    async with client(trained) as session:
        await call(session, "predict", **args)
        (trained.folder / "scores.csv").write_text("mine\n", encoding="utf-8")
        for more in ({}, {"overwrite": True}, {"overwrite": "yes"}):
            error = await fail(session, "predict", **args, **more)
            assert (error["code"], error["hint"][-24:]) == ("approval_needed", "ekiben mcp --allow destroy"[-24:])
    async with client(trained, "--allow", "destroy") as session:
        assert (await fail(session, "predict", **args))["hint"] == "Call it again with overwrite true."
        assert (trained.folder / "scores.csv").read_text(encoding="utf-8") == "mine\n"
        await call(session, "predict", **args, overwrite=True)
    assert (trained.folder / "scores.csv").read_text(encoding="utf-8") != "mine\n"


@pytest.mark.anyio
async def test_paths_stay_in_the_folders_that_the_command_line_names(trained: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(churn(200), encoding="utf-8")
    (trained.folder / "link.csv").symlink_to(tmp_path / "other.csv")
    (trained.folder / "way").symlink_to(tmp_path)
    outside = [str(tmp_path / "other.csv"), "../x/other.csv", "link.csv", "way/other.csv", "/etc/passwd", "~root/x.csv"]
    async with client(trained) as session:
        for path in outside:
            error = await fail(session, "profile", path=path)
            assert error["code"] == "bad_arguments", path
            assert error["hint"].endswith("ekiben mcp --root DIR")
        for output in (str(tmp_path / "out.csv"), "way/out.csv"):
            assert (
                "lies outside"
                in (await fail(session, "predict", model="churn", path="churn.csv", output=output))["message"]
            )
    assert not (tmp_path / "out.csv").exists()
    async with client(trained, "--root", str(tmp_path)) as session:
        assert (await call(session, "profile", path="link.csv"))["rows"] == 200
        await call(session, "predict", model="churn", path="churn.csv", output=str(tmp_path / "out.csv"))
    (trained.folder / "link.csv").unlink()
    (trained.folder / "way").unlink()


@pytest.mark.anyio
async def test_labels_that_steer_a_terminal_are_plain_in_text_and_whole_in_the_document(shell: Shell) -> None:
    label = "yes\u202e\x9b31m"
    rows = "".join(f"{n % 7},{label if n % 3 else 'no'}\n" for n in range(90))
    (shell.folder / "odd.csv").write_text(f"a\x1b[31m\u202eb,y\n{rows}", encoding="utf-8")
    async with client(shell) as session:
        await call(session, "profile", path="odd.csv")
        answer = await session.call_tool("preprocess", {"dataset": "odd", "target": "y", "positive": label})
    assert not set(answer.content[0].text + answer.content[1].text) & {"\x1b", "\x9b", "\u202e"}
    assert answer.structured_content["positive"] == label


@pytest.mark.anyio
async def test_a_cancelled_call_stops_its_step_and_the_next_one_runs(shell: Shell) -> None:
    async with client(shell) as session:
        await call(session, "profile", path="churn.csv")
        await call(session, "preprocess", dataset="churn", target="Churn")
        with anyio.CancelScope() as scope:

            async def stop(progress: float, total: float | None, message: str | None) -> None:
                scope.cancel()

            await session.call_tool("train", {"dataset": "churn", "time_limit": 600}, progress_callback=stop)
        assert scope.cancelled_caught
        assert (await call(session, "status"))["datasets"] == ["churn:1"]
        assert not processes(shell.folder / ".ekiben")
    assert runs(shell)[2] == ("ekiben train", "interrupted")


@pytest.mark.anyio
async def test_the_time_limit_is_each_calls_own(shell: Shell) -> None:
    async with client(shell, "--timeout", "3") as session:
        await call(session, "status")
        await anyio.sleep(3.1)
        await call(session, "status")
    async with client(shell, "--timeout", "0.0001") as session:
        assert (await fail(session, "status"))["code"] == "limit"


class Bare:
    """A client that takes nothing for granted: each line that the server prints must be a message."""

    def __init__(self, shell: Shell, *command: str | Path, **more: Any) -> None:
        self.process = subprocess.Popen(
            [*command] if command else [EKIBEN, "mcp"],
            cwd=shell.folder,
            env=clean_environment(shell.folder / "home"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )
        self.number = 0
        told = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bare", "version": "0"}}
        assert self.answer(self.ask("initialize", **told))["result"]["serverInfo"]["name"] == "ekiben"
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def write(self, message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
        self.process.stdin.flush()

    def ask(self, method: str, **params: Any) -> int:
        """Send a request; its number."""
        self.number += 1
        self.write({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        return self.number

    def call(self, tool: str, **args: Any) -> int:
        return self.ask("tools/call", name=tool, arguments=args, _meta={"progressToken": f"of-{tool}"})

    def messages(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0", line
            yield message

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message of a kind."""
        return next(message for message in self.messages() if wanted(message))

    def answer(self, number: int) -> dict[str, Any]:
        return self.until(lambda message: message.get("id") == number)

    def training(self) -> int:
        """Start a long training, and wait until it is on its way; its number."""
        self.answer(self.call("profile", path="churn.csv"))
        self.answer(self.call("preprocess", dataset="churn", target="Churn"))
        number = self.call("train", dataset="churn", time_limit=600)
        self.until(lambda message: message.get("params", {}).get("progressToken") == "of-train")
        return number

    def end(self) -> str:
        """Close the server's standard input; what it had left to say on standard error."""
        out, said = self.process.communicate(timeout=60)
        assert out == "" or all(json.loads(line) for line in out.splitlines())
        return said


def test_pings_are_answered_and_calls_take_turns_while_one_runs(shell: Shell) -> None:
    bare = Bare(shell)
    training = bare.training()
    status = bare.call("status")
    assert bare.answer(bare.ask("ping"))["result"] == {}
    bare.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": training}})
    next_one = bare.until(lambda message: "id" in message)
    assert next_one["id"] == status, "a cancelled call is not answered, and the next one is"
    assert bare.end() == ""


def test_lines_that_are_no_messages_do_no_harm(shell: Shell) -> None:
    bare = Bare(shell)
    for line in ("", "no json", "[1, 2]", '{"jsonrpc": "2.0"}', "null", '{"jsonrpc":"2.0","id":[],"method":"x"}'):
        bare.write(line)
    bare.write({"jsonrpc": "2.0", "id": 90, "method": "tools/call", "params": {"name": "status", "arguments": [1]}})
    assert bare.answer(90)["error"]["code"] == -32602
    assert bare.answer(bare.ask("no/such/method"))["error"]["code"] == -32601
    assert bare.answer(bare.call("status"))["result"]["isError"] is False
    assert "Traceback" not in bare.end()


def test_no_cell_goes_over_the_wire_or_into_the_log(shell: Shell) -> None:
    rows = "".join(f"cell-a{n},{n % 7},cell-b{n} words,{'yes' if n % 3 else 'no'}\n" for n in range(200))
    (shell.folder / "t.csv").write_text(f"id,size,note,y\n{rows}", encoding="utf-8")
    (shell.folder / "bad.csv").write_text("id,size,note,y\ncell-c,cell-d,cell-e,cell-f\n", encoding="utf-8")
    bare = Bare(shell)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("profile", {"path": "t.csv"}),
        ("profile", {"path": "bad.csv"}),
        ("preprocess", {"dataset": "t", "target": "note"}),
        ("preprocess", {"dataset": "t", "target": "y", "where": "size > note"}),
        ("preprocess", {"dataset": "t", "target": "y", "kinds": ["note=numeric"]}),
        ("preprocess", {"dataset": "t", "target": "y"}),
        ("train", {"dataset": "t", "estimators": ["linear"], "time_limit": 5}),
        ("evaluate", {"model": "t"}),
        ("evaluate", {"model": "t", "path": "bad.csv"}),
        ("explain", {"model": "t"}),
        ("predict", {"model": "t", "path": "bad.csv"}),
        ("status", {}),
    ]
    answers = [bare.answer(bare.call(tool, **args))["result"] for tool, args in calls]
    assert "cell-" not in json.dumps(answers)
    assert {answer["isError"] for answer in answers} == {True, False}
    assert answers[-1]["structuredContent"]["models"] == ["t:1"]
    assert bare.end() == ""


NOISE = """
import atexit, ctypes, os, subprocess, sys, threading, time
from agent.cli import run

def noise():
    while not os.path.samestat(os.fstat(1), os.fstat(2)):
        time.sleep(0.001)
    print("printed", end="", flush=False)
    ctypes.CDLL(None).printf(b"from C, and kept until the end")
    while True:
        print("printed")
        sys.__stdout__.flush()
        os.write(1, b"written\\n")
        subprocess.run(["echo", "echoed"], stdin=None)
        time.sleep(0.01)

threading.Thread(target=noise, daemon=True).start()
atexit.register(lambda: os.write(1, b"at the end"))
run(["mcp"])
"""


def test_noise_on_standard_output_does_not_reach_the_client(shell: Shell) -> None:
    bare = Bare(shell, sys.executable, "-P", "-c", NOISE)
    for tool, args in (("profile", {"path": "churn.csv"}), ("preprocess", {"dataset": "churn", "target": "Churn"})):
        assert bare.answer(bare.call(tool, **args))["result"]["isError"] is False
    train = bare.call("train", dataset="churn", estimators=["linear", "lightgbm"], time_limit=5)
    assert bare.answer(train)["result"]["structuredContent"]["model"] == "churn:1"
    assert bare.answer(bare.call("package", model="churn"))["result"]["isError"] is False
    said = bare.end()
    assert all(part in said for part in ("printed", "written", "echoed", "from C", "at the end"))


def test_a_client_that_goes_ends_the_server_and_its_training(shell: Shell) -> None:
    bare = Bare(shell)
    bare.training()
    assert processes(shell.folder / ".ekiben")
    assert bare.end() == ""
    assert bare.process.returncode == 0
    assert not processes(shell.folder / ".ekiben")
    assert runs(shell)[-1] == ("ekiben train", "interrupted")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_and_its_training(shell: Shell, number: signal.Signals) -> None:
    bare = Bare(shell)
    bare.training()
    bare.call("status")
    bare.process.send_signal(number)
    assert bare.process.wait(60) == -number
    assert not processes(shell.folder / ".ekiben")
    assert runs(shell)[-1] == ("ekiben train", "interrupted")
    bare.end()


def test_without_the_sdk_it_says_what_to_install(shell: Shell) -> None:
    (shell.folder / "without").mkdir()
    (shell.folder / "without" / "mcp.py").write_text("raise ImportError('no such package')\n", encoding="utf-8")
    answer = shell("mcp", PYTHONPATH=str(shell.folder / "without"))
    assert (answer.code, answer.document["error"]["code"]) == (1, "needs_extra")
    assert answer.document["error"]["hint"].endswith("-m pip install mcp")


@pytest.mark.parametrize("flags", [("--root", "nowhere"), ("--root", "churn.csv"), ("--allow", "write")])
def test_a_wrong_command_line_is_told(shell: Shell, flags: tuple[str, ...]) -> None:
    answer = shell("mcp", *flags)
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_arguments")


def test_started_in_the_root_folder_it_wants_another(shell: Shell) -> None:
    command = ["/bin/sh", "-c", 'cd / && exec "$@"', "sh", str(EKIBEN), "mcp"]
    refused = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert refused.returncode == 2
    assert refused.stderr == "Started in '/', it could touch every file. Name a folder: ekiben mcp --root DIR\n"
    bare = Bare(shell, *command, "--root", str(shell.folder))
    assert bare.answer(bare.call("profile", path="churn.csv"))["result"]["isError"] is False
    bare.end()
    assert (shell.folder / ".ekiben").is_dir()


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inspector's command, installed from its lock."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "inspector.lock"):
        subprocess.run(["make", "inspector"], cwd=ROOT, check=True, capture_output=True)
    return ROOT / "bench" / "inspector" / "node_modules" / ".bin" / "mcp-inspector"


@pytest.mark.needs_npm
def test_the_protocols_inspector_lists_and_calls(shell: Shell, inspector: Path) -> None:
    def inspect(*args: str, flags: tuple[str, ...] = ()) -> Any:
        done = subprocess.run(
            [shutil.which("node") or "node", inspector, "--cli", EKIBEN, "mcp", *flags, "--method", *args],
            cwd=shell.folder,
            env=clean_environment(shell.folder / "home"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert [tool["name"] for tool in inspect("tools/list")["tools"]] == list(tools.TOOLS)
    profiled = inspect("tools/call", "--tool-name", "profile", "--tool-arg", "path=churn.csv")
    assert profiled["structuredContent"]["rows"] == 900
    failed = inspect("tools/call", "--tool-name", "train", "--tool-arg", "dataset=nothing")
    assert (failed["isError"], failed["structuredContent"]["error"]["code"]) == (True, "not_found")
    refused = inspect("tools/call", "--tool-name", "deploy", "--tool-arg", "model=churn")
    assert refused["structuredContent"]["error"]["code"] == "approval_needed"
    status = inspect("tools/call", "--tool-name", "status", flags=("--allow", "release"))
    assert status["structuredContent"]["datasets"] == ["churn:1"]


def test_the_inspectors_lock_names_no_registry() -> None:
    lock = (ROOT / "bench" / "inspector" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 100
