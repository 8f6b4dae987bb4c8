"""The chat: one line, one turn; what was said before is remembered by the run."""

import tools
from agent.driver import Driver, Ended
from agent.settings import Settings
from agent.terminal import plain
from tools.core.errors import EkibenError

BYE = ("/quit", "/exit", "quit", "exit")
HELP = (
    "Say what you want, as: train and deploy on churn.csv. Or in Chinese: 用 churn.csv 训练并部署.\n"
    "/status what is live   /runs what was run   /quit leave"
)


def chat(settings: Settings, continued: bool = False) -> int:
    """Read requests line by line until the end of input; the exit code is that of leaving, 0."""
    from agent.approval import can_ask

    driver = Driver(settings, can_ask(settings.json))
    driver.terminal.console.print("Ekiben. /help tells how, /quit leaves.")
    waiting: Ended | None = _last(driver) if continued else None
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            return 0
        except KeyboardInterrupt:
            driver.terminal.console.print()
            continue
        if line in BYE:
            return 0
        if line:
            waiting = _turn(driver, line, waiting)


def _turn(driver: Driver, line: str, waiting: Ended | None) -> Ended | None:
    """One line: a command, an answer to the open question, or a request. Returns what is still open."""
    from agent.commands import _show

    try:
        if line.startswith("/"):
            _command(driver, line)
            return waiting
        ended = _answer(driver, line, waiting) if waiting else driver.request(line)
        _show(driver, ended)
        return ended if ended.document["status"] == "question" else None
    except EkibenError as exc:
        driver.terminal.say(f"{exc.message} {exc.hint}", "red")
    except KeyboardInterrupt:
        driver.terminal.say("Stopped.")
    return None


def _answer(driver: Driver, line: str, waiting: Ended) -> Ended:
    """A line after a question answers it, unless it is a request of its own."""
    from agent.planners import understand_words
    from agent.resuming import resume
    from tools.core.plan import Plan

    options = (waiting.document["question"] or {}).get("options") or []
    if line not in options and not line.isdigit() and driver.settings.llm == "offline":
        outcome, _ = understand_words([line], driver.context)
        if isinstance(outcome, Plan):
            return driver.request(line)
    return resume(driver, int(waiting.document["run"]), line)


def _command(driver: Driver, line: str) -> None:
    name = line[1:].split()[0] if line[1:].split() else "help"
    if name == "status":
        told = tools.load("status").run(tools.load("status").parse({}), driver.context)
        driver.terminal.say(told.headline())
    elif name == "runs":
        for run in driver.journal.runs()[:10]:
            driver.terminal.say(f"{run['id']:>4}  {run['status']:<11}  {plain(run['request'])[:80]}")
    else:
        driver.terminal.say(HELP)


def _last(driver: Driver) -> Ended | None:
    """The question that the newest run still asks."""
    runs = driver.journal.runs()
    if not runs or runs[0]["status"] != "question":
        return None
    from agent.document import document

    run = runs[0]
    asked = run["waiting"]["question"]
    driver.terminal.say(asked["text"])
    found = document(run=run["id"], request=run["request"], status="question", plan=[], steps=[], question=asked)
    return Ended(found, 4)
