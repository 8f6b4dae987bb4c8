"""Prints how many requests a planner gets right, asks about, and gets wrong, by manner: `make scorecard`.

Without flags it measures the offline planner, in seconds; `--llm openai:NAME` (and `--base-url`), or the same from
EKIBEN_LLM and EKIBEN_BASE_URL, measures that language model too. What was measured is kept in measured.json, and
docs/scorecard.md is written from it. `--requests FILE` takes other requests, and writes nothing. With `--keep unseen`,
for requests by somebody else that the planner's author has not seen, the page says what they measured; with
`--keep looked_at` it says so of those that were looked at since.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from judging import Verdict, judged
from page import LOOKED_AT, UNSEEN, VERDICTS, page, table
from world import MODELS, lay_out

from agent.planner import Usage
from agent.planners import plan_only, understand_words
from agent.settings import Settings, settle
from tools.core.context import Context
from tools.core.errors import EkibenError, PlannerFailed
from tools.core.plan import Plan, Question

HERE = Path(__file__).resolve().parent
REQUESTS, MEASURED = HERE / "requests.jsonl", HERE / "measured.json"
PAGE = HERE.parents[1] / "docs" / "scorecard.md"
NEWEST = {name: f"{name}:{last}" for name, last in MODELS.items()}
NUMBERED = 3
"""So many options of a question count as offered."""
PATIENCE = 3
"""So many failures of a language model in a row, and it is not there."""
Case = dict[str, Any]
Counts = dict[str, Counter[str]]


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def the_world() -> Iterator[Path]:
    """The folder of the requests, as the current one."""
    with tempfile.TemporaryDirectory(prefix="ekiben-scorecard-") as folder, chdir(folder):
        lay_out(Path(folder))
        yield Path(folder)


def outcome(case: Case, settings: Settings, context: Context) -> Plan | Question:
    """What the planner makes of one request; an error that the person would see is no plan."""
    try:
        return plan_only([case["say"]], settings, context, Usage(settings.llm))[0]
    except PlannerFailed:
        raise
    except EkibenError as exc:
        return Question(text=exc.message)


def verdict(case: Case, made: Plan | Question, context: Context) -> Verdict:
    """How the outcome compares with what the request should reach."""
    steps = [step.model_dump() for step in made.plan] if isinstance(made, Plan) else []
    text, options = ("", []) if isinstance(made, Plan) else (made.text, made.options)
    return judged(case["expect"], steps, text, options, NEWEST, chosen(case, options, context))


def chosen(case: Case, options: list[str], context: Context) -> Iterator[list[dict[str, Any]]]:
    """The plans that the first options lead to when one is picked by its number."""
    for option in options[:NUMBERED]:
        made = understand_words([case["say"], option], context)[0]
        made = made if isinstance(made, Plan) else understand_words([option], context)[0]
        if isinstance(made, Plan):
            yield [step.model_dump() for step in made.plan]


def measure(cases: list[Case], settings: Settings, shown: tuple[str, ...] = ()) -> Counts:
    """Verdicts by manner; prints what became of requests whose verdict is to be shown."""
    counts: Counts = {}
    failures = 0
    with the_world():
        context = settings.context()
        for case in cases:
            try:
                made = outcome(case, settings, context)
                failures = 0
            except PlannerFailed as exc:
                failures += 1
                if failures == PATIENCE:
                    raise
                made = Question(text=exc.message)
            found = verdict(case, made, context)
            counts.setdefault(f"{case['language']} {case['manner']}", Counter())[found] += 1
            if found in shown:
                say(_shown(case, found, made))
    return counts


def _shown(case: Case, found: str, made: Plan | Question) -> str:
    steps = [(step.tool, step.args) for step in made.plan] if isinstance(made, Plan) else made
    return f"{found.upper()} [{case['manner']}] {case['say']}\n    due:  {case['expect']}\n    made: {steps}"


def keep(name: str, counts: Counts) -> None:
    """Remember what a planner reached, and write the page."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    measured[name] = counts
    MEASURED.write_text(json.dumps(measured, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(measured), encoding="utf-8")


def planners(settings: Settings) -> list[Settings]:
    """The offline planner, and the language model that the settings name."""
    offline = replace(settings, llm="offline", base_url=None)
    return [offline] if settings.llm == "offline" else [offline, settings]


def read(file: Path) -> list[Case]:
    """The requests of a file, one JSON object a line."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llm")
    parser.add_argument("--base-url")
    parser.add_argument("--requests", type=Path, default=REQUESTS)
    parser.add_argument("--keep", choices=[UNSEEN, LOOKED_AT], help="keep what --requests measures under that heading")
    parser.add_argument("--show", nargs="*", default=[], choices=VERDICTS)
    parser.add_argument("--json", action="store_true", help="print the counts as JSON and write nothing")
    given = parser.parse_args()
    os.environ.pop("EKIBEN_WORKSPACE", None)
    every = planners(settle({"llm": given.llm, "base_url": given.base_url}))
    for settings in every:
        counts = measure(read(given.requests), settings, tuple(given.show))
        if given.json:
            say(json.dumps({settings.llm: counts}))
            continue
        say(f"{settings.llm}\n{table(counts)}")
        if given.keep or given.requests == REQUESTS:
            keep(given.keep or settings.llm, counts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
