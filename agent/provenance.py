"""Where a release step's arguments come from: said by the person, made by a tool, or by nobody.

A value counts as said where it stands in the person's words as a whole word, and a number where it stands beside what
it is for: "60 seconds" names no port. A tag counts as made unless it has a name that a planner chose. What stands in
columns, cells, files' names and a planner's own words counts for nothing.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.llm.told import leaves
from tools.core.context import Context
from tools.core.journal import Journal, JournalStep
from tools.core.names import slug, stem

ARTIFACTS = ("dataset", "prepared", "model", "bento")
"""Fields of a result that name what a tool made; the others hold data."""
SAID_ONLY = ("name", "host", "port", "cors", "replicas", "canary", "to", "platform")
"""Arguments that open a door or choose how much: only the person's own words may name them."""
HOLDS_BACK = ("only_if_better",)
"""Arguments that can only keep a step from being done: nobody has to have said them."""
BESIDE = {
    "port": (r"(?:\bport(?:\s+(?:number|no\.?|is))*|端口号?[是为]?|:|\bat|\bon|在)\W*$", r"\s*(?:号?端口|\(?port\b)"),
    "replicas": (
        r"(?:\breplicas?|\bprocess(?:es)?|\binstances?|\bcopies|副本数?|实例|进程)\W*$",
        r"\W*(?:\w+\s+)?(?:replicas?|process(?:es)?|instances?|copies|workers?|[个份]?(?:副本|实例|进程|份))",
    ),
    "canary": (
        r"(?:\bcanary|\bshare|\btraffic|金丝雀|灰度|流量|百分之)\W*(?:\w+\s+)?$",
        r"\s*(?:%|percent|per cent|pct)",
    ),
    "to": (r"(?:\brevision|\brev|\bversion|\bv|\bto|第|到|回滚|版本)\W*$", r"\s*(?:号|个)?(?:版|st|nd|rd|th)"),
}
"""What stands before a number that is said of an argument, or after it."""
ANY_PAGE = re.compile(r"cors|origin|跨域|来源|any (?:page|site|website)|任[何意]网[页站]")
WORD = re.compile(r"[^\s\"'“”‘’`()\[\]{}<>,;，。；！？、（）《》：]+")
LATIN = re.compile(r"[a-z0-9][a-z0-9._:/@*~-]*")
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Known:
    """What the person said, what tools made, and which deployments are there."""

    said: str
    made: Collection[str] = ()
    """Tags of models and Bentos, and of what the run made."""
    deployed: Collection[str] = ()
    """Deployments that the run's own steps put live, and the only one that there is."""
    there: Collection[str] = ()
    """Deployments that a step must not take the place of unless the person named them."""
    paths: Collection[str] = field(default=())
    """Tables that the run has read."""


def unsaid(step: JournalStep, known: Known) -> list[str]:
    """The arguments of a step whose value neither the person's words nor any tool's results hold."""
    found = [
        name
        for name, value in step.args.items()
        if name not in HOLDS_BACK and not all(_is_told(name, leaf, step, known) for leaf in leaves(value))
    ]
    if step.tool == "deploy" and "name" not in found and _replaced(step) in known.there:
        found += [] if _is_named(_replaced(step), known) else ["name"]
    return found


def known_of(journal: Journal, number: int, context: Context, planned_by_llm: bool) -> Known:
    """What a run's person said and its tools made so far."""
    from tools.core.serving.deployments import deployments

    run, steps = journal.run(number), journal.steps(number)
    said = said_in(run)
    chosen = {name for step in steps for _, name in step.drawn if _is_chosen(step, said)}
    tags = [artifact.tag for kind in ("model", "bento") for artifact in context.store.all(kind)]
    made = {tag for tag in [*tags, *_made_by(steps)] if tag.partition(":")[0] not in chosen}
    there = [deployment.name for deployment in deployments(context)]
    live = [step.result["deployment"] for step in steps if step.tool == "deploy" and step.result]
    live += there if len(there) == 1 else []  # nothing to be mistaken for
    return Known(
        said,
        made,
        live,
        there if planned_by_llm else [],
        [str(step.args["path"]) for step in steps if step.tool == "profile"],
    )


def said_in(run: dict[str, Any]) -> str:
    """The person's own words in a run."""
    return "\n".join([run["request"], *(m["data"]["content"] for m in run["messages"] if m["type"] == "human")])


def roots(context: Context, said: str) -> list[Path]:
    """What a language model's plan may touch: this folder, the workspace, and the files and folders that were named."""
    words = [word.rstrip(".,;:") for word in WORD.findall(said)]
    named = [place for word in words if (place := _place(context.folder, word)) is not None]
    return [context.folder, context.workspace, *named]


def _place(folder: Path, word: str) -> Path | None:
    try:
        place = folder / Path(word).expanduser()
        named = "/" in word and word.strip("./~") != ""
        return place if named or place.is_file() else None
    except (OSError, RuntimeError, ValueError):
        return None  # no home of that name, too long, a NUL


def _made_by(steps: Iterable[JournalStep]) -> list[str]:
    values = [step.result[key] for step in steps if step.result for key in ARTIFACTS if key in step.result]
    return [value for value in values if isinstance(value, str)]


def _is_chosen(step: JournalStep, said: str) -> bool:
    """Whether what a step makes bears a name that nobody said."""
    name = step.args.get("name")
    return isinstance(name, str) and not _stands(name, said)


def _is_told(name: str, value: Any, step: JournalStep, known: Known) -> bool:
    if value is None or value is False or value == "local":
        return True
    if name in BESIDE:
        return _is_beside(name, value, known.said)
    text = str(value)
    if name == "cors" and text == "*":
        return bool(ANY_PAGE.search(_plain(known.said)))
    if _stands(text, known.said):
        return True
    if name == "name" and slug(text) == _replaced(step, named=False):
        return True
    if name == "deployment":
        return text in known.deployed
    return name not in SAID_ONLY and _is_made(text, known.made)


def _is_beside(name: str, value: Any, said: str) -> bool:
    """Whether the person said that number, and of that argument."""
    from agent.understanding.homophones import usual
    from agent.understanding.lexicon import NUMBER
    from agent.understanding.numbers import number

    text = _plain(usual(said))
    before, after = BESIDE[name]
    for match in re.finditer(NUMBER, text):
        lead, tail = text[: match.start()], text[match.end() :]
        whole = not re.search(r"[a-z0-9.,]$", lead.removesuffix(", ")) or bool(re.search(r"\bv$", lead))
        try:
            same = whole and not re.match(r"[.:]?\d|[a-su-z]\w", tail) and number(match[0]) == value
        except (ValueError, KeyError):
            continue
        if same and (re.search(before, lead) or re.match(after, tail)):
            return True
    return False


def _is_made(text: str, made: Collection[str]) -> bool:
    """Whether it is a tag that a tool made, its name, or either of them with its kind before it."""
    kind, _, rest = text.rpartition("/")
    if kind not in ("", *ARTIFACTS):
        return False
    return any(rest in (tag, tag.partition(":")[0]) for tag in made)


def _replaced(step: JournalStep, named: bool = True) -> str:
    """The deployment that a deploy step would make or take the place of."""
    name = step.args.get("name") if named else None
    model = str(step.args.get("model", ""))
    return slug(str(name)) if name else slug(stem(model.rpartition("/")[2].partition(":")[0]).removesuffix(".bento"))


def _is_named(name: str, known: Known) -> bool:
    """Whether the person named a deployment, or the table that it is called after."""
    said = _plain(known.said)
    return _stands(name, known.said) or any(slug(stem(path)) == name and _plain(path) in said for path in known.paths)


def _stands(text: str, said: str) -> bool:
    """Whether a value is a whole word of the person's, or what such a word is called as an artifact or by its file."""
    value, words = _plain(text), _plain(said)
    if HAN.search(value):
        return value in words
    found = {word.rstrip(".:/?!") for word in [*WORD.findall(words), *LATIN.findall(words)]}
    return value in found or any(value in (slug(word), slug(stem(word))) for word in found if len(word) > 1)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def allowed(context: Context, said: Sequence[str]) -> None:
    """Hold a context to the folders that a language model's plan may touch."""
    context.roots = roots(context, "\n".join(said))
