"""Which path and which artifact belongs to which verb, and which artifacts a request can mean."""

import re
from dataclasses import dataclass, field

from agent.understanding.artifacts import KINDS
from agent.understanding.lexicon import pattern
from agent.understanding.paths import nearest
from agent.understanding.replies import Asking, ask, example
from agent.understanding.said import Intent, Said
from agent.understanding.text import Thing

BREAK = re.compile(r"[;.!?,]|\b(?:and|then|but)\b|然后|接着|随后|最后|同时|再|并|后|顺便", re.IGNORECASE)
LISTED = r"\s*(?:,|、|&|\band\b|\bplus\b|和|与|跟|及|以及|还有|\s)+\s*(?:the\s+)?"
ACCEPTED = {
    "preprocess": ("dataset",), "train": ("prepared", "dataset"), "evaluate": ("model", "deployment"),
    "explain": ("model", "deployment"), "compare": ("model", "deployment"), "package": ("model",),
    "deploy": ("model", "bento"), "promote": ("deployment",), "predict": ("model", "deployment"),
    "monitor": ("deployment",), "rollback": ("deployment",), "stop": ("deployment",), "logs": ("deployment",),
    "export": ("model",),
}  # fmt: skip
"""The kinds of artifact that each tool takes, in the order in which a name is looked up."""


VERSION = re.compile(r"(?:\b(?:version|v|ver|model)|模型|版本|第)\s*(\d+)", re.IGNORECASE)
BEST = re.compile(r"\b(?:best|better|top|strongest)\b|最好|最强|最准|最优|更好", re.IGNORECASE)
"""Which of the models that is must be asked: versions count."""


class Asked(Exception):
    """A question that ends the planning."""

    def __init__(self, question: Asking) -> None:
        super().__init__(question.text)
        self.question = question


@dataclass
class Desk:
    """The things of a request laid out, and which of them have been used."""

    said: Said
    used: set[str] = field(default_factory=set)
    pronoun: bool = False

    def ask(self, key: str, options: list[str] | tuple[str, ...] = (), **words: object) -> Asked:
        return Asked(ask(self.said.language, key, options, **words))

    def thing(self, mark: str) -> Thing:
        return self.said.draft.things[mark]

    def marks(self, kind: str) -> list[str]:
        """Marks of a kind that may be inputs, as they stand in the text."""
        return [m for m in self.said.draft.order(kind) if m not in self.said.outputs]

    def in_one_list(self, marks: list[str]) -> bool:
        """Whether nothing but "and" and commas stands between the marks: "not" or "keep" would change everything."""
        listed = LISTED.join(map(re.escape, marks))
        return re.search(listed, self.said.draft.text, re.IGNORECASE) is not None

    def listed(self, intent: Intent) -> list[Thing]:
        """The artifacts that a verb is about where they stand in one list: "evaluate churn:1 and churn:2"."""
        marks, found = self.marks("artifact"), self.near(intent, "artifact")[:1]
        for mark in marks[marks.index(found[0]) + 1 :] if found else ():
            if not re.search(re.escape(found[-1]) + LISTED + re.escape(mark), self.said.draft.text, re.IGNORECASE):
                break
            found.append(mark)
        self.used |= set(found)
        return [self.thing(mark) for mark in found]

    def near(self, intent: Intent | None, kind: str) -> list[str]:
        """The marks of a kind in the verb's own clause; else those before it; else all."""
        marks = self.marks(kind)
        text = self.said.draft.text
        if intent is None or intent.mark not in text:
            return marks
        at = text.index(intent.mark)
        start = max((m.end() for m in BREAK.finditer(text, 0, at)), default=0)
        found = BREAK.search(text, at)
        end = found.start() if found else len(text)
        own = [m for m in marks if start <= text.index(m) < end]
        return own or [m for m in marks if text.index(m) < at][-1:] or marks[:1]

    def own(self, intent: Intent, kind: str) -> list[str]:
        """Only the marks in the verb's own clause."""
        near = self.near(intent, kind)
        text = self.said.draft.text
        if intent.mark not in text:
            return near
        at = text.index(intent.mark)
        return [m for m in near if not BREAK.search(text, *sorted((text.index(m), at)))]

    def artifact(self, intent: Intent, kinds: tuple[str, ...] = ()) -> Thing:
        """The one artifact that a verb is about, checked; asks when there is none or more than one."""
        accepted = kinds or ACCEPTED[intent.tool]
        marks = self.near(intent, "artifact")
        if self.said.wants("compare") and intent.mark and not self.own(intent, "artifact"):
            marks = self.marks("artifact")  # "compare a and b and deploy the winner"
        tags = {self.thing(m).tag for m in marks}
        if len(tags) > 1:
            fit = [m for m in marks if self.exists(self.thing(m), accepted)]
            raise self.ask("which_artifact", [self.thing(m).tag for m in fit or marks], kind=accepted[0])
        if not marks:
            return self.only(accepted)
        self.used |= {m for m in self.marks("artifact") if self.thing(m).tag in tags}
        return self.checked(self.thing(marks[0]), accepted)

    def only(self, kinds: tuple[str, ...]) -> Thing:
        """The only artifact of a kind, for "it" and for a request that names none."""
        names = self.names(kinds[0])
        spoken = VERSION.search(self.said.worded)
        same = [t for t in self.said.world.tags(kinds[0]) if spoken and t.endswith(f":{spoken[1]}")]
        if same:
            raise self.ask("which_artifact", same, kind=kinds[0])
        if kinds[0] == "model" and BEST.search(self.said.worded):
            raise self.ask("which_artifact", self.said.world.tags("model"), kind="model")
        if len(names) == 1:
            return Thing("artifact", names[0])
        if not names:
            raise self.ask("no_artifacts", [example(self.said.language, self.said.world)], kind=kinds[0])
        raise self.ask("which_artifact", names, kind=kinds[0])

    def names(self, kind: str) -> list[str]:
        return list(dict.fromkeys(t.partition(":")[0] for t in self.said.world.tags(kind)))

    def exists(self, thing: Thing, kinds: tuple[str, ...]) -> bool:
        world = self.said.world
        return any(
            thing.tag in world.tags(k) or (thing.version is None and thing.value in self.names(k)) for k in kinds
        )

    def checked(self, thing: Thing, kinds: tuple[str, ...]) -> Thing:
        """The artifact, if it exists among the kinds; else a question with the nearest."""
        wanted = tuple(k for k in kinds if k == thing.hint) or kinds
        if self.exists(thing, wanted) or self.exists(thing, kinds):
            return thing
        same = [t for k in kinds for t in self.said.world.tags(k) if t.startswith(f"{thing.value}:")]
        every = [n for k in kinds for n in self.names(k)]
        if not every:
            raise self.ask("no_artifacts", [example(self.said.language, self.said.world)], kind=kinds[0])
        options = same or nearest(thing.value, every) or every
        raise self.ask("no_such_artifact", options, kind=kinds[0], what=thing.tag)

    def kinds_of(self, thing: Thing) -> list[str]:
        return [k for k in KINDS if self.exists(thing, (k,))]


def take_pronouns(desk: Desk) -> None:
    """ "it", "the model", 它: nothing of their own, but they are understood."""
    desk.pronoun = bool(desk.said.draft.take(pattern("_slots", "anaphora"), " "))
