"""Takes the columns out of a request by their roles: target, dropped, time, group, weight, and the positive label."""

import re
from collections.abc import Iterator
from functools import cache

from agent.understanding.artifacts import known_names
from agent.understanding.columns import (
    LATIN_WORD,
    Read,
    is_condition,
    is_plain,
    mentions,
    partly,
    read_list,
    read_one,
    unknown_word,
)
from agent.understanding.lexicon import HAN, HOLE, LANGUAGES, Phrases, choices, pattern, phrases
from agent.understanding.paths import nearest
from agent.understanding.replies import ask, read_as
from agent.understanding.said import Said

FILLED = re.compile(r"\s*(?:columns?|features?|fields?|variables?|这[两几三个一]*|列|字段|变量|特征|都|,|\s)*\s*$", re.IGNORECASE)
CLAUSE = re.compile(rf"[,;.!?]|\b(?:and|then|using|with|from|on|in|based|for|over|by|at|within|but|without|because)\b|用|并|然后|再|{HOLE}|[\ue000-\uebff]")


@cache
def _forms(slot: str, key: str) -> tuple[tuple[Phrases, Phrases | None], ...]:
    """The phrases of a slot as (before the columns, after them)."""
    entry = phrases("_slots")[slot]
    split = {lang: [re.split(r"\{(?:col|label)\}", p) for p in entry.get(f"{key}_{lang}", [])] for lang in LANGUAGES}
    plain = Phrases(*([head for head, tail in split[lang] if not tail] for lang in LANGUAGES))
    both = [(_phrase(head, lang), _phrase(tail, lang)) for lang in LANGUAGES for head, tail in split[lang] if tail]
    return (*both, *([(plain, None)] if plain.en or plain.zh else []))


def _phrase(text: str, language: str) -> Phrases:
    return Phrases([text], []) if language == "en" else Phrases([], [text])


def take_roles(said: Said) -> None:
    """Every column that has a role in the request."""
    for slot in ("time_column", "group_column", "weight_column"):
        _take(said, slot, many=False)
    if "time_column" in said.slots:
        said.set("split", "time")
    if "group_column" in said.slots:
        said.set("split", "group")
    _take(said, "target", many=True)
    _take(said, "drop", many=True)
    _take_adjective(said)
    _take_weak(said)


def _take(said: Said, slot: str, many: bool) -> None:
    for head, tail in _forms(slot, "strong"):
        for match in reversed(list(head.finditer(said.draft.text))):
            _after(said, slot, match, tail, many)
    for key in ("back",) if f"back_{said.language}" in phrases("_slots")[slot] else ():
        for _, tail in _forms(slot, key):
            for match in reversed(list(tail.finditer(said.draft.text))) if tail else ():
                _before(said, slot, match)


def _after(said: Said, slot: str, match: re.Match[str], tail: Phrases | None, many: bool) -> None:
    draft, end = said.draft, match.end()
    read = read_list(draft, end, said.columns) if many else read_one(draft, end, said.columns)
    if read and read.columns:
        stop = read.end
        after = tail.match(draft.text, stop) if tail else _plural(draft.text, stop)
        if tail and after is None:
            return
        if slot == "drop" and is_condition(draft.text[stop:]):
            return
        _keep(said, slot, read)
        draft.cut(match.start(), after.end() if after else stop)
    elif tail is None or _soon(tail, draft.text, end):
        _unknown(said, slot, match)


def _plural(text: str, at: int) -> re.Match[str] | None:
    return re.compile(r"\s*(?:columns?|features?|fields?|variables?|这[两几三个一]*列|列|字段)(?![A-Za-z])(?:\s*(?:之外|以外|除外))?").match(text, at)


def _soon(tail: Phrases, text: str, at: int) -> bool:
    found = tail.search(text, at, at + 24)
    return found is not None and not CLAUSE.search(text[at : found.start()])


def _before(said: Said, slot: str, match: re.Match[str]) -> None:
    """Columns that end where the phrase begins."""
    text = said.draft.text
    clause = max((m.end() for m in re.finditer(r"[;.!?]\s|[\ue000-\ue3ff]", text[: match.start()])), default=0)
    for at, _ in mentions(said.draft, clause, match.start(), said.columns):
        read = read_list(said.draft, at, said.columns)
        if read.end <= match.start() and FILLED.match(text[read.end : match.start()]):
            _keep(said, slot, read)
            said.draft.cut(at, match.end())
            return


def _keep(said: Said, slot: str, read: Read) -> None:
    said.notes += [read_as(said.language, written, column) for written, column in read.notes]
    if slot == "drop":
        kept = said.slots.setdefault("drop", [])
        kept += [c for c in read.columns if c not in kept]
    elif len(read.columns) > 1:
        said.problems.append(ask(said.language, "many_targets", read.columns))
    else:
        said.set(slot, read.columns[0])


def _unknown(said: Said, slot: str, match: re.Match[str]) -> None:
    """A word where a column should stand: ask, unless it is an ordinary word."""
    word = unknown_word(said.draft, match.end())
    if word is None or not said.columns or _ordinary(said, slot, word[0]):
        return
    part = partly(word[0], said.columns)
    key = "which_column" if len(part) > 1 else "no_such_column"
    options = part or nearest(word[0], said.columns)
    said.problems.append(ask(said.language, key, options or said.columns[:8], what=word[0]))
    said.draft.cut(match.start(), word[1])


def _ordinary(said: Said, slot: str, word: str) -> bool:
    if is_plain(word) or (slot != "target" and re.match(f"[{HAN}]", word) and slot != "drop"):
        return True
    return _is_verb(word) or (slot == "drop" and bool(re.match(f"[{HAN}]", word)) and _has_verb(word))


@cache
def _verbs() -> Phrases:
    tools = ("train", "evaluate", "package", "deploy", "predict", "explain", "compare", "preprocess", "profile", "stop", "monitor")
    every = ([p for t in tools for p in phrases(t).get(lang, []) if "{" not in p] for lang in LANGUAGES)
    return Phrases(*every)


def _is_verb(word: str) -> bool:
    if _verbs().match(word) or re.match(r"(?:any|all|more|asking|question|approval|gpu|missing|null|empty)$", word, re.I):
        return True
    return bool(re.match(r"\d", word) or choices("_metrics").match(word) or choices("_estimators").match(word))


def _has_verb(word: str) -> bool:
    return _verbs().search(word) is not None or re.match("(?:所有|全部|掉|缺失|重复|异常|空|超过|任何|模型|数据|说|管|急|着|再|用|的|了|在|到|给|写|做)", word) is not None


def _take_adjective(said: Said) -> None:
    """ "a churn model": the target as an adjective, unless an artifact has that name."""
    known = known_names(said.world)
    if "target" in said.slots:
        return
    for at, read in reversed(mentions(said.draft, 0, len(said.draft.text), said.columns)):
        after = read.end + (said.draft.text[read.end : read.end + 1] == " ")
        tail = pattern("_slots", "target_adjective").match(said.draft.text, after)
        if tail and said.draft.text[at : read.end].lower() not in known:
            said.set("target", read.columns[0])
            said.draft.cut(at, read.end)
            said.slots["_implied"] = True


def _take_weak(said: Said) -> None:
    """ "predict X", "预测 X": the target, if a column follows."""
    for head, _ in _forms("target", "weak"):
        for match in reversed(list(head.finditer(said.draft.text))):
            _weak(said, match)


def _weak(said: Said, match: re.Match[str]) -> None:
    draft = said.draft
    at = match.end()
    read = read_list(draft, at, said.columns)
    if not read.columns or read.notes:
        at, read = next(_in_clause(said, at), (at, read))
    if not read.columns:
        _maybe(said, match)
        return
    if _is_artifact(said, draft.text[at : read.end]):
        return
    if "target" in said.slots and said.slots["target"] in read.columns and len(read.columns) == 1:
        draft.cut(at, read.end)
        said.slots["_implied"] = True
        return
    _keep(said, "target", read)
    if re.match(r"\s*(?:for|on|in|with|of|over)\b|的", draft.text[read.end :]):
        said.slots["_weak"] = draft.text[at : read.end].strip()
    draft.cut(at, read.end)
    draft.cut(match.start(), match.end())
    said.slots["_implied"] = True


def _is_artifact(said: Said, written: str) -> bool:
    """Without a table, the name of an artifact is the artifact."""
    tables = any(t.kind == "path" for t in said.draft.things.values())
    return not tables and written.strip().lower() in known_names(said.world)


def _in_clause(said: Said, start: int) -> Iterator[tuple[int, Read]]:
    """Columns a few harmless words after the verb: "predict whether a customer will churn"."""
    text = said.draft.text
    stop = CLAUSE.search(text, start)
    end = stop.start() if stop else len(text)
    found = mentions(said.draft, start, end, said.columns)
    for at, read in found:
        between = text[start:at]
        if len(between) <= 60 and (len(found) == 1 or is_plain(" ".join(LATIN_WORD.findall(between)))):
            yield at, read


def _maybe(said: Said, match: re.Match[str]) -> None:
    """ "predict income" where only longer columns contain that word: which one?"""
    word = unknown_word(said.draft, match.end())
    if not word or "target" in said.slots or is_plain(word[0]) or _is_verb(word[0]):
        return
    if part := partly(word[0], said.columns):
        said.problems.append(ask(said.language, "which_column", part, what=word[0]))


def take_positive(said: Said) -> None:
    """The positive label, one of the target's values where they are known."""
    labels = _labels(said)
    for key in ("strong", "tail"):
        for head, tail in _forms("positive", key):
            for match in reversed(list((head if key == "strong" else tail or head).finditer(said.draft.text))):
                _positive(said, match, labels, key == "strong")


def _positive(said: Said, match: re.Match[str], labels: list[str], forward: bool) -> None:
    draft = said.draft
    word = unknown_word(draft, match.end()) if forward else _word_before(said, match.start())
    if word is None or is_plain(word[0]) and not labels:
        return
    same = [v for v in labels if v.strip().casefold() == word[0].casefold()] or [v for v in labels if v.strip() and word[0].startswith(v.strip())]
    if labels and not same:
        said.problems.append(ask(said.language, "no_such_label", labels, what=word[0]))
    said.set("positive", same[0] if same else word[0])
    end = word[1] if not same else word[1] - len(word[0]) + len(same[0].strip()) if re.match(f"[{HAN}]", word[0]) else word[1]
    draft.cut(*((match.start(), end) if forward else (word[1], match.end())))


def _word_before(said: Said, at: int) -> tuple[str, int] | None:
    found = re.search(rf"(?:以|把|将|用)?([A-Za-z0-9_.>+\-]+|[\ue400-\ue7ff]|[{HAN}]{{1,6}}?)\s*$", said.draft.text[:at])
    if not found:
        return None
    word = said.draft.things[found[1]].value if found[1] in said.draft.things else found[1]
    return word, found.start()


def _labels(said: Said) -> list[str]:
    target = said.slots.get("target")
    for thing in said.draft.things.values():
        facts = said.world.table(thing.value) if thing.kind == "path" else None
        if facts is not None:
            wanted = target or (facts.targets[0] if len(facts.targets) == 1 else None)
            return list(facts.labels.get(wanted, [])) if wanted else []
    return []
