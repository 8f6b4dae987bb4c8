"""Keys of language models: where they are found, and that they are shown, kept and handed on nowhere."""

import sqlite3

import pytest
from conftest import Shell
from openai_server import Reply, Script, calls, chunk, events, serving, status, words

from agent.strangers import strangers

KEY = "sk-proj-Zx81kQ0secret7TfW"
PROFILE = calls(("profile", {"path": "churn.csv"}))
KEYRING = """
from keyring.backend import KeyringBackend

class Pocket(KeyringBackend):
    priority = 9
    kept = {("ekiben", "openai"): "%(key)s", ("ekiben", "%(host)s"): "%(key)s"}
    def get_password(self, service, name):
        return self.kept.get((service, name))
    def set_password(self, service, name, password):
        self.kept[service, name] = password
    def delete_password(self, service, name):
        self.kept.pop((service, name), None)
"""


def everywhere(shell: Shell) -> str:
    """All that is in the files of a folder."""
    found = [p.read_bytes().decode("utf-8", "replace") for p in shell.folder.rglob("*") if p.is_file()]
    return "\n".join(found)


def run(shell: Shell, script: Script, *flags: str, **variables: str):
    address = ["--llm", "openai:m", "--base-url", script.url]
    return shell("run", "look at churn.csv", *address, *flags, **variables)


ECHOES: dict[str, list[Reply]] = {
    "in an error's words": [status(400, {"error": {"message": f"bad key {KEY} here"}})],
    "in an error's code": [status(401, {"error": {"message": f"Incorrect API key {KEY}", "code": KEY}})],
    "in a redirect": [status(302, Location=f"http://127.0.0.1:9/?key={KEY}")],
    "in a stream's error": [events(chunk({"content": KEY}), {"error": {"message": f"key {KEY}"}})] * 3,
    "in arguments": [calls(("profile", {"path": "churn.csv", "name": KEY})), words("Fine.")],
    "as a tool's name": [calls((KEY, {}))] * 3,
    "in words": [PROFILE, words(f"Your key is {KEY}, keep it.")],
    "in a question": [calls(("ask", {"text": f"Is {KEY} yours?", "options": [KEY]}))],
}


@pytest.mark.parametrize("how", ECHOES)
def test_a_server_that_sends_the_key_back_does_not_get_it_shown_or_kept(shell: Shell, how: str) -> None:
    with serving(*ECHOES[how]) as script:
        answer = run(shell, script, "--events", OPENAI_API_KEY=KEY)
    assert script.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in answer.stdout + answer.stderr + everywhere(shell)


def test_a_key_from_the_keyring(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("keyring")
    with serving(PROFILE, words("Fine.")) as script:
        host = script.url.split("/")[2]
        (place / "pocketring.py").write_text(KEYRING % {"key": KEY, "host": host}, encoding="utf-8")
        ring = {"PYTHONPATH": str(place), "PYTHON_KEYRING_BACKEND": "pocketring.Pocket"}
        answer = run(shell, script, **ring)
    assert answer.code == 0, answer.stdout
    assert script.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in answer.stdout + answer.stderr + everywhere(shell)


def test_without_a_key_it_is_said_how_to_give_one(shell: Shell) -> None:
    answer = shell("run", "look at churn.csv", "--llm", "openai:m")
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")
    assert "keyring set ekiben openai" in answer.document["error"]["hint"]
    assert "OPENAI_API_KEY" in answer.document["error"]["hint"]


def test_a_key_that_can_be_none_is_not_quoted(shell: Shell) -> None:
    answer = shell("run", "look at churn.csv", "--llm", "openai:m", OPENAI_API_KEY="sk-schlüssel-0123")
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")
    assert "schl" not in answer.stdout + answer.stderr


def test_a_password_in_the_address_is_not_kept(shell: Shell) -> None:
    with serving(PROFILE, words("Fine.")) as script:
        script.url = script.url.replace("http://", "http://someone:hunter22@")
        answer = run(shell, script, "--events")
    assert answer.code == 0, answer.stdout
    assert script.headers[0]["Authorization"].startswith("Basic ")
    assert "hunter22" not in answer.stdout + answer.stderr + everywhere(shell)
    with sqlite3.connect(shell.folder / ".ekiben" / "journal.sqlite") as db:
        assert db.execute("SELECT base_url FROM runs").fetchone()[0].startswith("http://127.0.0.1")
    db.close()


def test_no_child_is_given_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.core.children import environment

    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HUGGINGFACEHUB_API_TOKEN"):
        monkeypatch.setenv(name, KEY)
    assert KEY not in environment().values()


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://127.0.0.1/v1", "http://", "http://[::1"])
def test_an_address_that_is_none(shell: Shell, url: str) -> None:
    answer = shell("run", "look at churn.csv", "--llm", "openai:m", "--base-url", url)
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")
    assert "--base-url" in answer.document["error"]["message"]


def test_another_providers_package_is_asked_for(shell: Shell) -> None:
    answer = shell("run", "look at churn.csv", "--llm", "anthropic:claude-x", ANTHROPIC_API_KEY=KEY)
    assert (answer.code, answer.document["error"]["code"]) == (1, "needs_extra")
    assert "pip install langchain-anthropic" in answer.document["error"]["hint"]


def test_a_provider_that_nobody_knows(shell: Shell) -> None:
    answer = shell("run", "look at churn.csv", "--llm", "nobody:x", NOBODY_API_KEY=KEY)
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")


@pytest.mark.parametrize(
    "text", ['base_url = "http://evil.example/v1"', '[stages.training]\nbase_url = "http://evil.example/v1"']
)
def test_a_server_that_only_the_folders_file_names_gets_no_key(shell: Shell, text: str) -> None:
    (shell.folder / "ekiben.toml").write_text(f'llm = "openai:x"\n{text}\n', encoding="utf-8")
    answer = shell("run", "what is live?", OPENAI_API_KEY="secret")
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")
    assert "evil.example" in answer.document["error"]["message"]
    assert shell("run", "what is live?", "--llm", "offline").code == 0


def test_a_server_on_this_machine_or_that_the_person_names_is_no_stranger() -> None:
    here = {"base_url": "https://one.example", "stages": {"training": {"base-url": "http://localhost:11434/v1"}}}
    assert strangers(here, []) == {"https://one.example"}
    assert strangers(here, [{"base_url": "https://one.example"}]) == frozenset()


def test_a_stranger_gets_no_key_after_a_change_of_the_language_model_either(shell: Shell) -> None:
    (shell.folder / "ekiben.toml").write_text(
        '[stages.training]\nbase_url = "http://evil.example/v1"', encoding="utf-8"
    )
    answer = shell.raw(stdin="/llm openai:x\nwhat is live?\n", OPENAI_API_KEY=KEY)
    assert "Only a file in this folder names the server evil.example" in answer.stderr
    assert "Nothing is live" in answer.stdout + answer.stderr


def test_a_run_that_came_with_the_folder_names_no_server(shell: Shell) -> None:
    with serving(status(500), status(500), status(500)) as script:
        run = shell("run", "what is live?", "--llm", "openai:x", "--base-url", script.url, OPENAI_API_KEY=KEY).document
    with sqlite3.connect(shell.folder / ".ekiben/journal.sqlite") as db:
        db.execute("UPDATE runs SET base_url = 'http://evil.example/v1'")
    answer = shell("resume", run["run"], OPENAI_API_KEY=KEY)
    assert (answer.code, answer.document["error"]["code"]) == (2, "bad_config")
