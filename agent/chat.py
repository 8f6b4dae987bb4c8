"""The chat: one line, one turn; what was said before is remembered by the run."""

from dataclasses import dataclass

import tools
from agent.driver import Driver, Ended
from agent.settings import Settings
from agent.terminal import plain
from tools.core.errors import EkibenError
from tools.core.plan import Plan

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
    talk = Talk(driver, _last(driver) if continued else None, _last_plan(driver) if continued else None)
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
            talk.turn(line)


@dataclass
class Talk:
    """What a conversation remembers: the question that is open, and the plan that a wish could change."""

    driver: Driver
    waiting: Ended | None
    plan: Plan | None

    def turn(self, line: str) -> None:
        """One line: a command, an answer to the open question, a change to the last plan, or a request."""
        try:
            if line.startswith("/"):
                _command(self.driver, line)
            else:
                self._say(line)
        except EkibenError as exc:
            self.waiting = None
            self.driver.terminal.say(f"{exc.message} {exc.hint}", "red")
        except KeyboardInterrupt:
            self.waiting = None
            self.driver.terminal.say("Stopped.")

    def _say(self, line: str) -> None:
        from agent.commands import _show

        if self.waiting:
            ended = _answer(self.driver, line, self.waiting)
        else:
            ended = self.driver.request(self._changed(line) or line)
        _show(self.driver, ended)
        self.waiting = ended if ended.document["status"] == "question" else None
        self.plan = _trained(ended.document["plan"]) or self.plan

    def _changed(self, line: str) -> str | None:
        """The request for the last plan as the line changes it, if it is a wish on its own."""
        if self.plan is None or self.driver.settings.llm != "offline":
            return None
        from agent.understanding.changes import changed
        from agent.world import Here

        request = changed(line, self.plan, Here(self.driver.context))
        if request:
            self.driver.terminal.say(f"= {request}")
        return request


def _trained(steps: list[dict[str, object]]) -> Plan | None:
    """A plan that a wish could change: one that prepares a table."""
    plan = Plan.model_validate({"plan": [{"tool": step["tool"], "args": step["args"]} for step in steps]})
    return plan if any(step.tool == "preprocess" for step in plan.plan) else None


def _last_plan(driver: Driver) -> Plan | None:
    """The newest plan that prepared a table."""
    for run in driver.journal.runs():
        steps = driver.journal.steps(int(run["id"]))
        if plan := _trained([{"tool": step.tool, "args": step.args} for step in steps]):
            return plan
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
