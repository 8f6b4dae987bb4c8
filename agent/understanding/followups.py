"""What a line means in a conversation: it may refer to what was said, made or shown before. A pure function."""

import re
from dataclasses import dataclass, field
from typing import Literal

from agent.understanding import understand
from agent.understanding.changes import changed
from agent.understanding.choosing import ORDINALS, whole_line
from agent.understanding.homophones import simplified
from agent.understanding.lexicon import pattern
from agent.understanding.memory import Memory
from agent.understanding.numbers import number
from agent.understanding.recalled import about_a_metric, reasons, why_so
from agent.understanding.replies import Asking
from agent.understanding.text import is_chinese, normalise, tidy
from agent.understanding.world import World
from tools.core.plan import Plan

Kind = Literal["request", "words", "offer", "resume", "undo", "again"]
NEEDS_A_THING = ("which_artifact", "no_table", "which_path", "what_to_do", "two_models", "nothing_to_do", "which_kind")
"""Questions about a request that leaves open what it is about."""
WHOLE: dict[str, Kind] = {"go_on": "resume", "again": "again", "undo": "undo", "thanks": "words"}
TRAINING = ("profile", "preprocess", "train")


@dataclass(frozen=True)
class Followup:
    """What to do: make a request, say words, offer requests to choose from, go on, take back, do the same again."""

    kind: Kind
    text: str = ""
    options: list[str] = field(default_factory=list)
    then: str = ""
    """A request for when the first is done, about the model that it made, whose tag goes in the place of {}."""


def follow(line: str, memory: Memory, world: World) -> Followup | None:
    """What a line means beside what was said before; None when it stands for itself."""
    line = simplified(line, [column for tag in world.tags("dataset") for column in world.columns(tag)])
    said = tidy(normalise(line)).strip(" .,!;:?")
    return (
        _a_word(said)
        or _a_reason(line, said, memory, world)
        or _a_comparison(line, said, memory, world)
        or _a_reference(line, memory, world)
    )


def _a_word(said: str) -> Followup | None:
    """Lines that are one of a few phrases as a whole."""
    for key, kind in WHOLE.items():
        if whole_line(key, "_follow").fullmatch(said):
            words = ("好的。" if is_chinese(said) else "Fine.") if kind == "words" else ""
            return Followup(kind, words)
    return None


def _a_reason(line: str, said: str, memory: Memory, world: World) -> Followup | None:
    """ "why?", "why was tenure dropped?", "what about recall?"."""
    language = "zh" if is_chinese(line) else "en"
    if whole_line("why", "_follow").fullmatch(said):
        return _told(*reasons(memory, language))
    if lead := pattern("_follow", "why_so").match(said):
        words = why_so(said[lead.end() :], memory, language)
        return Followup("words", words) if words else None
    return _told(*about_a_metric(_bare(said), memory, world, language))


def _told(text: str, options: list[str]) -> Followup | None:
    if len(options) == 1 and not text:
        return Followup("request", options[0])
    return Followup("offer" if options else "words", text, options) if text else None


def _bare(said: str) -> str:
    """What "what about …?" is about; empty where nothing says so."""
    lead, end = pattern("_follow", "what_about").match(said), ""
    rest = said[lead.end() :].strip() if lead else said
    for found in pattern("_follow", "what_about_end").finditer(rest):
        if found.end() == len(rest):
            rest, end = rest[: found.start()].strip(), found[0]
            break
    return rest if lead or end else ""


def _a_comparison(line: str, said: str, memory: Memory, world: World) -> Followup | None:
    """ "is it any better?" after something was trained, alone or after a wish: "now without x, and is it worse?"."""
    model = memory.newest("model")
    found = next((m for m in pattern("_follow", "better").finditer(said) if m.end() == len(said)), None)
    if found is None or model is None:
        return None
    zh, wish = is_chinese(line), said[: found.start()].strip(" ,;.，。；")
    if not wish:
        other = memory.before(model)
        alone = (
            f"{model} 是唯一的模型，没有可以比较的。" if zh else f"{model} is the only model; there is none to compare."
        )
        text = f"比较 {model} 和 {other}" if zh else f"compare {model} and {other}"
        return Followup("request", text) if other else Followup("words", alone)
    request = changed(wish, memory.plan, world) if memory.plan else None
    if request is None:
        return None
    return Followup("request", request, then=f"比较 {{}} 和 {model}" if zh else f"compare {{}} and {model}")


def _a_reference(line: str, memory: Memory, world: World) -> Followup | None:
    """A request about "it", about "the second one", or about nothing, where there is something that it can mean."""
    placed = _places(line, memory)
    outcome = understand(placed, world)
    if isinstance(outcome, Plan) and any(step.tool in TRAINING for step in outcome.plan):
        return None
    if named := _named(placed, memory, world):
        return Followup("request", named)
    if memory.plan and isinstance(outcome, Asking) and (request := changed(placed, memory.plan, world)):
        return Followup("request", request)
    if isinstance(outcome, Asking) and outcome.key in NEEDS_A_THING:
        dataset = memory.newest("dataset")
        ways = [f"{placed} {thing}" for thing in memory.in_question]
        trains = [f"{placed}, on {dataset}", f"用 {dataset}，{placed}"] if dataset else []
        found = [w for w in ways if _fits(w, world)] or [w for w in trains if _fits(w, world, trains=True)]
        if found:
            return Followup("request", found[0])
    return Followup("request", placed) if placed != line else None


def _named(line: str, memory: Memory, world: World) -> str | None:
    """The line with the thing's name in the place of "it"."""
    pronouns = [m for m in pattern("_slots", "anaphora").finditer(line) if m[0].strip()]
    for thing in memory.in_question if pronouns else ():
        text = line
        for found in reversed(pronouns):
            text = f"{text[: found.start()]} {thing} {text[found.end() :]}" if found is pronouns[0] else text
        if _fits(text := " ".join(text.split()), world, trains=thing == memory.newest("dataset")):
            return text
    return None


def _fits(text: str, world: World, trains: bool = False) -> bool:
    """Whether a request is understood, and trains nothing unless what is named can be trained on."""
    outcome = understand(text, world)
    return isinstance(outcome, Plan) and (trains or not any(step.tool in TRAINING for step in outcome.plan))


def _places(line: str, memory: Memory) -> str:
    """The line with the names of the things that "the second one" and "the better one" stand for."""
    places, compared = memory.places, memory.last("compare")
    if compared and compared.result:
        line = pattern("_follow", "best").sub(f" {compared.result['best']} ", line).strip()

    def name(found: re.Match[str]) -> str:
        at = _place(found, len(places))
        return f" {places[at]} " if 0 <= at < len(places) else found[0]

    return " ".join(pattern("_follow", "place").on(line).sub(name, line).split()) if places else line


def _place(found: re.Match[str], count: int) -> int:
    groups = found.groupdict()
    if groups.get("end") or groups.get("word") == "last":
        return count - 1
    word = (groups.get("word") or "").casefold()
    return ORDINALS.index(word) if word in ORDINALS else int(number(groups.get("n") or groups.get("m") or "0")) - 1
