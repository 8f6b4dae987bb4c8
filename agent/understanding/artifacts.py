"""Takes artifact names and tags out of a request: `churn:2`, `version 2 of churn`, `churn 第 2 版`, `model/churn`."""

import re
from collections.abc import Iterator

from agent.understanding.lexicon import HAN, NUMBER, compiled, pattern, words
from agent.understanding.numbers import ORDINALS, number
from agent.understanding.text import Draft, Thing
from agent.understanding.world import World
from tools.core.names import slug, stem

KINDS = ("dataset", "prepared", "model", "bento", "deployment")
TAG = re.compile(
    rf"(?<![A-Za-z0-9_./\-])(?<![A-Za-z0-9_/]:)(?:(dataset|prepared|model|bento|deployment)/)?"
    rf"([A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9_])?|(?-i:[{HAN}]+)):(\d+|latest)(?![A-Za-z0-9_:.]\d|\d|[A-Za-z_])",
    re.IGNORECASE | re.ASCII,
)
KIND_NAME = re.compile(
    r"(?<![A-Za-z0-9_/])(dataset|prepared|model|bento|deployment)/([A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9_])?)", re.ASCII
)
NAME = re.compile(r"(?<![A-Za-z0-9_.\-/\\])[A-Za-z0-9](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?", re.ASCII)
ORDINAL = f"(?:{'|'.join(ORDINALS)})"
SPOKEN = (
    rf"(?:the )?(?P<v>{ORDINAL}) (?:version|release|one|model) (?:of|for) (?:the )?(?:model )?(?P<r>{{ref}})",
    rf"(?:the )?(?P<v>{ORDINAL}) (?P<r>{{ref}})(?: model| version)?",
    rf"(?P<r>{{ref}})(?:'s)?,? (?:the )?(?P<v>{ORDINAL}) (?:version|release|model)",
    rf"(?:version|ver|v|release) ?(?:no\. ?|number )?(?P<v>{NUMBER}) of (?:the )?(?:model )?(?P<r>{{ref}})",
    rf"(?P<r>{{ref}})(?:'s)?(?: model)?,? ?(?:version|ver\.?|v|model) ?(?!one (?:way|of|that|which|more|by))"
    rf"(?P<v>\d+|{NUMBER})(?!\.\d)",
    rf"(?P<r>{{ref}}) ?的?(?:模型)?的?第(?P<v>{NUMBER})个?版本?(?:的?模型)?",
    rf"(?P<r>{{ref}}) ?的?(?:模型)?的?(?:版本|v)(?P<v>{NUMBER})",
    rf"(?P<r>{{ref}}) ?的?(?P<v>{NUMBER})版本?",
    rf"第(?P<v>{NUMBER})个?版本?的(?P<r>{{ref}})",
)


def known_names(world: World) -> dict[str, list[str]]:
    """Every name that an artifact has, and the kinds that have it."""
    names: dict[str, list[str]] = {}
    for kind in KINDS:
        for tag in world.tags(kind):
            kinds = names.setdefault(tag.partition(":")[0], [])
            if kind not in kinds:
                kinds.append(kind)
    return names


def mentioned(draft: Draft, world: World) -> list[str]:
    """The names of artifacts that the text seems to mention, without taking them out."""
    names = known_names(world)
    said = [m[2] for m in TAG.finditer(draft.text)] + [m[0] for m in NAME.finditer(draft.text)]
    said += [t.value for t in draft.things.values() if t.kind == "quoted"]
    found = [n for word in said if (n := _known(word, names))]
    return list(dict.fromkeys(found + [name for _, _, name in _han_names(draft.text, names)]))


def take_tags(draft: Draft, world: World) -> None:
    """Tags with a version and names with a kind; whether they exist is asked later."""
    reserved, known = words("_slots", "not_names"), known_names(world)

    def tag(match: re.Match[str]) -> str:
        if match[2].lower() in reserved or match[2].isdigit():
            return match[0]
        version = None if match[3].lower() == "latest" else int(match[3])
        lead, name = _without_lead(match[2])
        if not name.isascii() and slug(name) not in known:
            return match[0]
        return lead + draft.put(Thing("artifact", slug(name) or name, version, hint=(match[1] or "").lower()))

    draft.text = TAG.sub(tag, draft.text)
    draft.text = KIND_NAME.sub(lambda m: draft.put(Thing("artifact", slug(m[2]), hint=m[1].lower())), draft.text)


def _without_lead(name: str) -> tuple[str, str]:
    found = re.match(r"(?:部署|评估|删除|停止|停掉|解释|比较|打包|上线|把|将|用|模型|数据集)+(?=.)", name)
    return (found[0], name[found.end() :]) if found else ("", name)


def take_names(draft: Draft, world: World) -> None:
    """Bare names that exist, also Chinese ones, and the versions said beside any of them."""
    names = known_names(world)
    draft.text = NAME.sub(lambda m: _mark(draft, m, names), draft.text)
    tables = {slug(stem(thing.value)) for thing in draft.things.values() if thing.kind == "path"}
    for start, end, name in reversed(_han_names(draft.text, names)):
        if name in tables and not re.match("(?:这个|那个)?的?(?:模型|服务|版本|部署|效果|表现)", draft.text[end:]):
            continue  # words about what the table is about
        if draft.order("artifact") and re.match("的?(?:可能性?|概率|风险|几率|倾向|名单|率)", draft.text[end:]):
            continue  # what another model tells
        draft.cut(start, end, draft.put(Thing("artifact", name)))
    for mark, thing in list(draft.things.items()):
        quoted = _known(thing.value, names) if thing.kind == "quoted" and mark in draft.text else None
        if quoted:
            draft.text = draft.text.replace(mark, draft.put(Thing("artifact", quoted)))
    if draft.order("artifact"):
        _take_versions(draft)
        _take_hints(draft)


def _mark(draft: Draft, match: re.Match[str], names: dict[str, list[str]]) -> str:
    name = _known(match[0], names)
    if not name or (match[0].lower() in words("_slots", "not_names") and not _introduced(draft.text, match.start())):
        return match[0]
    return draft.put(Thing("artifact", name))


def _introduced(text: str, at: int) -> bool:
    return pattern("_slots", "introduces_name").search(text[max(0, at - 24) : at] + "\ue800") is not None


def _known(word: str, names: dict[str, list[str]]) -> str | None:
    if word.lower() in names:
        return word.lower()
    found = slug(word) if word.isascii() else ""
    return found if found in names else None


def _han_names(text: str, names: dict[str, list[str]]) -> list[tuple[int, int, str]]:
    """Chinese stretches that an artifact answers to, because its name is their transliteration."""
    found: list[tuple[int, int, str]] = []
    runs = re.finditer(f"[{HAN}][{HAN}0-9]+", text) if names else iter(())
    for run in runs:
        found += _in_run(run[0], run.start(), names)
    return found


def _in_run(run: str, offset: int, names: dict[str, list[str]]) -> Iterator[tuple[int, int, str]]:
    at = 0
    while at < len(run):
        fits = [end for end in range(len(run), at + 1, -1) if slug(run[at:end]) in names]
        if fits:
            yield offset + at, offset + fits[0], slug(run[at : fits[0]])
        at = fits[0] if fits else at + 1


def _take_versions(draft: Draft) -> None:
    for phrase in SPOKEN:
        for match in reversed(list(compiled([phrase]).finditer(draft.text))):
            old = draft.things[match["r"]]
            if old.version is None:
                new = Thing("artifact", old.value, int(number(match["v"])), spoken=True, hint=old.hint)
                draft.cut(match.start(), match.end(), draft.put(new))


def _take_hints(draft: Draft) -> None:
    """ "the model churn", "churn deployment", "数据集 churn": the kind that a name is said to be."""
    for kind in ("prepared", *KINDS):
        for match in reversed(list(pattern("_slots", "kinds", kind).finditer(draft.text))):
            mark = next(c for c in match[0] if c in draft.things)
            old = draft.things[mark]
            new = Thing("artifact", old.value, old.version, old.spoken, old.hint or kind)
            draft.cut(match.start(), match.end(), draft.put(new))
