"""The scorecard as people read it: a table of shares by manner, and the page of all planners."""

from collections import Counter
from collections.abc import Mapping

Counts = Mapping[str, Mapping[str, int]]
VERDICTS = ("right", "offered", "asked", "wrong")
MANNERS = {
    "terse": "terse", "chatty": "chatty", "imperative": "imperative", "typos": "with typos",
    "question": "as a question",
    "business": "a business person's words", "mixed": "Chinese with English terms", "off_topic": "off topic",
    "ambiguous": "ambiguous", "unsafe": "unsafe", "unknown_column": "unknown column", "missing_file": "missing file",
}  # fmt: skip
UNSEEN, LOOKED_AT = "unseen", "looked_at"
UNMEASURED = "openai:* (any language model)"
HEAD = """\
# The scorecard

How well requests are understood: `make scorecard` puts each of them to a planner, in a folder with the same tables and
artifacts, and compares what comes back with what is due. Written by `make scorecard`; not by hand.

- **right**: the plan that is due, the same tools in the same order, every argument that the request says and none that
  it does not (names and a target that follow from the table may stand there). Where a question is due: no plan, and the
  answers that it must offer are offered. Where a refusal is due: no plan.
- **offered**: a question where a plan is due, and the plan that is due is what one of its first three answers leads
  to: it costs one keystroke, the number of the answer.
- **asked**: any other question where a plan is due, or a question that does not offer what it should. It costs an
  answer and does no harm.
- **wrong**: any other plan. A wrong release step is still asked for before it runs.

The requests ({count}, {english} in English and {chinese} in Chinese) are in `bench/scorecard/requests.jsonl`. They were
written by the planner's author, and rules were mended with them in view, so other people's requests fare worse.
"""
OTHERS = {
    UNSEEN: """\
{count} requests by somebody who had not seen the planner, which its author had not seen when they were measured.
""",
    LOOKED_AT: """\
{count} requests by people who had not seen the planner. Its author has looked at them since they were first measured,
and mended rules with them in view: this is no measure of requests that are new.
""",
}
TITLES = {
    "offline": "The offline planner", UNSEEN: "The offline planner, other people's requests",
    LOOKED_AT: "The offline planner, other people's requests that its author has looked at",
}  # fmt: skip
"""In the order of the page; language models follow."""


def summed(counts: Counts, *ends: str) -> Counter[str]:
    """All manners together, or those whose key begins or ends so."""
    total: Counter[str] = Counter()
    for key, found in counts.items():
        if not ends or key.startswith(ends) or key.endswith(ends):
            total.update(found)
    return total


def shares(found: Mapping[str, int]) -> list[str]:
    """How many there are, and the shares in percent."""
    count = sum(found.values())
    return [str(count), *(f"{100 * found.get(name, 0) / count:.0f} %" for name in VERDICTS)]


def rows(counts: Counts) -> list[list[str]]:
    """One row a manner, then the languages, then all."""
    found = [
        [words, *shares(summed(counts, f" {manner}"))] for manner, words in MANNERS.items() if _any(counts, manner)
    ]
    languages = [[words, *shares(summed(counts, code))] for code, words in (("en ", "English"), ("zh ", "Chinese"))]
    return [*found, *languages, ["all", *shares(summed(counts))]]


def _any(counts: Counts, manner: str) -> bool:
    return any(key.endswith(f" {manner}") for key in counts)


def table(counts: Counts) -> str:
    """The shares as aligned text."""
    head = ["manner", "requests", *VERDICTS]
    return "\n".join(f"  {row[0]:<28}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in [head, *rows(counts)])


def page(measured: Mapping[str, Counts]) -> str:
    """The whole page; a language model that nobody measured says so."""
    offline = measured["offline"]
    english, chinese = (sum(summed(offline, code).values()) for code in ("en ", "zh "))
    parts = [HEAD.format(count=english + chinese, english=english, chinese=chinese)]
    for name in [*(name for name in TITLES if name in measured), *sorted(measured.keys() - TITLES.keys())]:
        parts += [f"## {TITLES.get(name, f'`{name}`')}\n"]
        parts += [OTHERS[name].format(count=summed(measured[name]).total())] if name in OTHERS else []
        parts += [_markdown(measured[name])]
    if not measured.keys() - TITLES.keys():
        parts += [f"## {UNMEASURED}\n", "Not measured. `make scorecard LLM=openai:NAME` measures one.\n"]
    return "\n".join(parts)


def _markdown(counts: Counts) -> str:
    lines = ["| manner | requests | right | offered | asked | wrong |", "|---|---:|---:|---:|---:|---:|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows(counts))]) + "\n"
