"""How an answer is put into a request: one function for each kind of question, each gives texts to try in order."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.understanding.choosing import taken_apart
from agent.understanding.columns import mentions
from agent.understanding.lexicon import HAN, NUMBER, pattern
from agent.understanding.replies import Asking
from agent.understanding.text import Draft
from agent.understanding.world import World
from tools.core.plan import Plan

JOIN = r"(?:\s*(?:,|;|&|\b(?:and|or|with|plus)\b|和|与|跟|及|、|，|并)\s*)"


@dataclass(frozen=True)
class Case:
    """A request, the question that it led to, and the answer."""

    request: str
    answer: str
    picked: bool
    """The answer is one of the options."""
    question: Asking
    world: World

    @property
    def joined(self) -> str:
        return f"{self.request}，{self.answer}" if self.zh else f"{self.request}, {self.answer}"

    @property
    def zh(self) -> bool:
        return self.question.language == "zh"

    def say(self, english: str, chinese: str, value: str) -> str:
        """The request with one more wish."""
        text = (chinese if self.zh else english).format(value)
        return f"{self.request}，{text}" if self.zh else f"{self.request}, {text}"

    def holds(self, plan: Plan) -> bool:
        """Whether a plan does what the answer says, as far as that can be seen."""
        wanted = SEEN_IN.get(self.question.key)
        if self.question.key == "contradiction":
            wanted = self.question.word("what").replace(" ", "_").removeprefix("deploy_")
        value = self.answer.strip("\"'")
        if self.question.key in TARGETS:
            value = column_in(self) or value
        return wanted is None or any(_texts(s.args.get(wanted)) == [value] for s in plan.plan)


TARGETS = ("which_target", "no_target", "many_targets", "dropped_target", "task_target")
SEEN_IN = dict.fromkeys(TARGETS, "target") | {"exclude_estimator": "estimators", "unknown_estimator": "estimators"}
SEEN_IN |= {"no_such_revision": "to", "no_such_label": "positive"}
ALONE = (
    "what_to_do",
    "revision_or_model",
    "nearest",
    "nothing_understood",
    "nothing_to_do",
    "help",
    "howto",
    "empty",
    "two_models",
)
"""Questions whose options are whole requests."""


def _texts(value: object) -> list[str]:
    return [str(v) for v in (value if isinstance(value, list) else [value])]


def rewrites(case: Case) -> Iterator[str]:
    """Texts to try, the likeliest first."""
    yield from WAYS.get(case.question.key, _nothing)(case)
    yield case.joined


def _nothing(case: Case) -> Iterator[str]:
    yield from ()


def shown(draft: Draft, values: dict[str, str]) -> str:
    """A text put together again; `values` replaces some of its marks."""
    return "".join(values.get(c) or (_as_written(draft, c) if c in draft.things else c) for c in draft.text)


def _as_written(draft: Draft, mark: str) -> str:
    thing = draft.things[mark]
    if thing.kind == "artifact":
        return f"{thing.hint}/{thing.tag}" if thing.hint else thing.tag
    return f'"{thing.value}"' if thing.kind == "quoted" or " " in thing.value else thing.value


def quoted(text: str) -> str:
    """A name as a request can hold it."""
    return text if re.fullmatch(rf"[A-Za-z0-9_.:/\-]+|[{HAN}]+", text) else f'"{text}"'


def _things(case: Case, kind: str) -> str:
    """The name of a thing of that kind in the answer, else the answer."""
    draft = taken_apart(case.answer, case.world)
    found = draft.order(kind)
    return quoted(draft.things[found[0]].tag if len(found) == 1 else case.answer.strip("\"'"))


def path_instead(case: Case) -> Iterator[str]:
    """The path in question becomes the answer; other tables that could be meant go."""
    draft, path = taken_apart(case.request, case.world), _things(case, "path")
    what = case.question.word("what")
    wrong = [m for m in draft.order("path") if not what or draft.things[m].value == what]
    yield _only(draft, wrong, path)


def _only(draft: Draft, marks: list[str], value: str) -> str:
    """The first of the marks as a value, the others gone with the word that joins them."""
    copy = Draft(draft.text, draft.things)
    for mark in marks[1:]:
        copy.text = re.sub(f"{JOIN}?(?:the |both )?{mark}", "", copy.text)
    return shown(copy, dict.fromkeys(marks[:1], value))


def path_more(case: Case) -> Iterator[str]:
    path = _things(case, "path")
    yield f"{case.request} {path}" if case.zh else f"{case.request} on {path}"
    yield case.say("the table is {}", "表格是 {}", path)
    yield case.joined


def artifact_instead(case: Case) -> Iterator[str]:
    """The artifact in question becomes the answer, or the answer stands where "it" stood."""
    draft, tag = taken_apart(case.request, case.world), _things(case, "artifact")
    what = case.question.word("what")
    marks = [m for m in draft.order("artifact") if not what or draft.things[m].tag == what]
    if marks:
        yield _only(draft, marks, tag)
    if what:
        yield case.request.replace(what, tag)
    for match in pattern("_slots", "anaphora").finditer(draft.text):
        copy = Draft(draft.text, draft.things)
        copy.cut(match.start(), match.end(), tag)
        yield shown(copy, {})
    yield f"{case.request.rstrip(' .?!。？！')} {tag}"


def one_thing(case: Case) -> Iterator[str]:
    """ "delete model/churn:1" picked: the name in question becomes `model/churn:1`."""
    exact = re.search(r"(\w+)/(\S+)$", case.answer)
    draft = taken_apart(case.request, case.world)
    for mark in draft.order("artifact") if exact else []:
        if exact and draft.things[mark].value == exact[2].partition(":")[0]:
            yield shown(draft, {mark: exact[0]})
    yield case.answer
    yield f"{case.request} {case.answer}"


def column_in(case: Case) -> str | None:
    """The column that an answer names."""
    tables = taken_apart(case.request, case.world).things.values()
    columns = [c for t in tables if (f := case.world.table(t.value)) for c in f.columns]
    columns += [c for t in tables if t.kind == "artifact" for c in case.world.columns(t.tag)]
    found = {c for _, read in mentions(Draft(case.answer), 0, len(case.answer), columns) for c in read.columns}
    return case.answer if case.answer in columns else found.pop() if len(found) == 1 else None


def column_instead(case: Case) -> Iterator[str]:
    what, column = case.question.word("what"), column_in(case) or case.answer
    yield from each_place(case, what, quoted(column))


def each_place(case: Case, what: str, value: str) -> Iterator[str]:
    """What was asked about, replaced wherever it stands, one place after the other."""
    for match in re.finditer(re.escape(what), case.request, re.IGNORECASE) if what else ():
        yield f"{case.request[: match.start()]}{value}{case.request[match.end() :]}"


def target(case: Case) -> Iterator[str]:
    column = column_in(case) or case.answer
    yield case.say("target {}", "目标列 {}", quoted(column))
    for other in dict.fromkeys([*case.question.options, case.question.word("what")]):
        yield from (each_place(case, other, quoted(column)) if other not in ("", column) else ())
    yield from shortened(case.request)


def shortened(request: str) -> Iterator[str]:
    """The request without one stretch of words, the shortest stretch first."""
    words = re.findall(rf"[{HAN}]|\s*[^\s{HAN}]+", request)
    for length in range(1, 9):
        for at in range(len(words) - length + 1):
            yield "".join(words[:at] + words[at + length :]).strip()


def said_once(case: Case) -> Iterator[str]:
    """One of two values that contradict each other goes."""
    yield from shortened(case.request)


def number_instead(case: Case) -> Iterator[str]:
    found = re.search(NUMBER + r"(?: ?(?:%|percent))?", case.answer, re.IGNORECASE)
    for match in re.finditer(rf"{NUMBER}(?: ?(?:%|percent))?", case.request, re.IGNORECASE) if found else ():
        yield f"{case.request[: match.start()]}{found[0]}{case.request[match.end() :]}"  # type: ignore[index]


def estimator_instead(case: Case) -> Iterator[str]:
    yield from each_place(case, case.question.word("what"), case.answer)
    for shorter in shortened(case.request):
        yield f"{shorter}，用 {case.answer}" if case.zh else f"{shorter}, with {case.answer}"


def platform_instead(case: Case) -> Iterator[str]:
    where = {"local": "本机"}.get(case.answer, f" {case.answer} ") if case.zh else case.answer
    words = f"在{where}上" if case.zh else " on this machine" if where == "local" else f" on {where}"
    for text in each_place(case, case.question.word("what"), words):
        yield re.sub(" +", " ", text)


def rephrased(case: Case) -> Iterator[str]:
    """Other words for what was not understood, beside what was."""
    if case.question.without:
        yield f"{case.question.without}，{case.answer}" if case.zh else f"{case.question.without}, {case.answer}"


WAYS: dict[str, Callable[[Case], Iterator[str]]] = {
    "no_such_file": path_instead, "no_such_file_none": path_instead, "not_a_table": path_instead,
    "many_tables": path_instead, "which_path": path_instead, "no_table": path_more,
    "no_such_column": column_instead, "which_column": column_instead, "no_such_label": column_instead,
    "no_such_artifact": artifact_instead, "which_artifact": artifact_instead, "no_artifacts": artifact_instead,
    "which_kind": one_thing, "no_such_revision": number_instead, "out_of_range": number_instead,
    "contradiction": said_once, "unknown_estimator": estimator_instead, "exclude_estimator": estimator_instead,
    "unknown_platform": platform_instead, "not_understood": rephrased, "unused": rephrased, "wish": rephrased,
    "tuning": rephrased, "cannot_argument": rephrased, **dict.fromkeys(TARGETS, target),
}  # fmt: skip
