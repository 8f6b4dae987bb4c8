"""Takes the columns out of a request by their roles: target, dropped, time, group, weight."""

import re

from agent.understanding.artifacts import known_names
from agent.understanding.columns import (
    as_written,
    is_condition,
    is_plain,
    mentions,
    partly,
    read_list,
    read_one,
    unknown_word,
)
from agent.understanding.forms import but_dropped, forms, is_verb, keep, verbs
from agent.understanding.lexicon import HAN, HOLE, PATHS, Phrases, pattern, phrases
from agent.understanding.paths import nearest
from agent.understanding.replies import ask
from agent.understanding.said import Said
from agent.understanding.targets import CLAUSE, is_artifact, take_adjective, take_weak_targets
from agent.understanding.writing import forms as stored

FILLED = re.compile(
    r"\s*(?:columns?|features?|fields?|variables?|[这那][两几三个一]*|列|字段|变量|特征|栏|都|,|[)\"]|\s)*\s*$",
    re.IGNORECASE,
)

GLOSS = re.compile(f"[{HAN}、]{{1,8}}[(]$")
MEASURES = (
    "value",
    "score",
    "profit",
    "salary",
    "rating",
    "status",
    "income",
    "revenue",
    "quality",
    "result",
    "outcome",
)
"""Ordinary words that are columns' names as often, so that a target of that name is asked about where there is none."""
BOTH_SIDES = re.compile(r"同时|两边|既|\bboth\b|\bone side\b|\bstraddl", re.IGNORECASE)
KEPT = re.compile(r"\b(?:but not|not)\b", re.IGNORECASE)
TAKEN_BACK = re.compile(
    r"\b(?:not|never)\s+(?:please\s+)?$|(?:不要|不用|不必|不能|不许|不准|(?<![类性级特])别|甭|勿)(?:把|再|给我|随便|轻易|先)*$",
    re.IGNORECASE,
)
"""Before a verb that leaves out: "do not drop id" may mean more than one thing."""
DROPPED = re.compile(
    r"\b(?:drop|exclud|without|remov|ignor|skip|leav\w* out|omit|discard|split)\w*\b[^;.!?]*$", re.IGNORECASE
)


def take_roles(said: Said) -> None:
    """Every column that has a role in the request."""
    for slot in ("time_column", "group_column", "weight_column"):
        _take(said, slot, many=False)
    _take_dated(said)
    if "time_column" in said.slots:
        said.set("split", "time")
        said.draft.take(pattern("_slots", "beside_time_split"), " ")
    if "group_column" in said.slots:
        said.set("split", "group")
    _take(said, "target", many=True)
    _take(said, "drop", many=True)
    _keep_groups(said)
    take_adjective(said)
    take_weak_targets(said)


def _keep_groups(said: Said) -> None:
    """ "A shop must not be on both sides" keeps its rows together, and drops no column."""
    group, dropped = said.slots.get("group_column"), said.slots.get("drop", [])
    if group in dropped and BOTH_SIDES.search(said.request):
        dropped.remove(group)
        if not dropped:
            said.slots.pop("drop")


def _take_dated(said: Said) -> None:
    """按 sold_on 切: by time, where the column holds moments."""
    for head, tail in forms("time_column", "dated"):
        for match in reversed(list(head.finditer(said.draft.text))):
            read = read_one(said.draft, match.end(), said.columns, close=False)
            after = tail.match(said.draft.text, read.end) if read and read.columns and tail else None
            column = stored(said).get(read.columns[0]) if read and after else None
            if read and after and column is not None and column.storage == "moment":
                said.set("time_column", read.columns[0])
                said.draft.cut(match.start(), after.end())


def _take(said: Said, slot: str, many: bool) -> None:
    if not re.search(phrases("_slots")[slot].get("trigger", ""), said.draft.text, re.IGNORECASE):
        return
    for head, tail in forms(slot, "strong"):
        for match in reversed(list(head.finditer(said.draft.text))):
            _after(said, slot, match, tail, many)
    _take_back(said, slot)
    for head, tail in forms(slot, "strong"):
        for match in reversed(list(head.finditer(said.draft.text))):
            if tail is None or _soon(tail, said.draft.text, match.end()):
                _unknown(said, slot, match)


def _take_back(said: Said, slot: str) -> None:
    """ "Churn is the target": the columns come first."""
    for _, tail in forms(slot, "back"):
        for match in reversed(list(tail.finditer(said.draft.text))) if tail else ():
            _before(said, slot, match)


def _after(said: Said, slot: str, match: re.Match[str], tail: Phrases | None, many: bool) -> None:
    draft, end = said.draft, _begins(said, match)
    read = read_list(draft, end, said.columns) if many else read_one(draft, end, said.columns)
    if read and slot == "target":
        read = but_dropped(said, end, read)
    if read and read.columns:
        stop = read.end
        after = tail.match(draft.text, stop) if tail else _plural(draft.text, stop)
        if tail and after is None:
            return
        if slot == "drop" and (is_condition(draft.text[stop:]) or is_artifact(said, draft.text[end:stop])):
            return
        if slot == "drop" and TAKEN_BACK.search(draft.text[: match.start()]):
            said.problems.append(
                ask(said.language, "not_understood", what=draft.show(draft.text[match.start() : stop]))
            )
            return
        if slot == "drop" and KEPT.search(match[0]) and DROPPED.search(draft.text[: match.start()]):
            draft.cut(match.start(), stop, HOLE)  # "drop a but not b"
            return
        if slot == "drop" and after and re.search("之外|以外", after[0]) and "除" not in match[0]:
            said.problems.append(
                ask(said.language, "not_understood", what=draft.show(draft.text[match.start() : stop]))
            )
            return
        if slot in ("target", "drop"):
            read = as_written(draft, end, read)
        keep(said, slot, read)
        when = re.search("(?:训练|建模)(?:时|的时候)", match[0])
        inside = "".join(re.findall(f"[{PATHS}]", match[0]))
        draft.cut(match.start(), after.end() if after else stop, f"{HOLE}训练{HOLE}" if when else HOLE + inside)


def _begins(said: Said, match: re.Match[str]) -> int:
    """Where the columns begin: of 目标列是是否流失 the second 是 belongs to the column."""
    last = match.end()
    found = [
        at
        for at, read in mentions(said.draft, max(match.start() + 1, last - 2), len(said.draft.text), said.columns)
        if at < last < read.end and re.match(f"[{HAN}]", said.draft.text[at])
    ]
    return found[0] if found else last


def _plural(text: str, at: int) -> re.Match[str] | None:
    return re.compile(
        r"\s*(?:columns?|features?|fields?|variables?|这[两几三个一]*列|列|字段)(?![A-Za-z])(?:\s*(?:之外|以外|除外))?"
    ).match(text, at)


def _soon(tail: Phrases, text: str, at: int) -> bool:
    found = tail.search(text, at, at + 48)
    return found is not None and not CLAUSE.search(text[at : found.start()])


def _before(said: Said, slot: str, match: re.Match[str]) -> None:
    """Columns that end where the phrase begins."""
    text = said.draft.text
    clause = max((m.end() for m in re.finditer(r"[;.!?]\s|[\ue000-\ue3ff]", text[: match.start()])), default=0)
    for at, _ in mentions(said.draft, clause, match.start(), said.columns):
        if slot == "drop" and _is_predicted(text, at):
            continue
        alone = read_one(said.draft, at, said.columns) if slot == "time_column" else None
        read = alone or read_list(said.draft, at, said.columns)
        if read.end <= match.start() and FILLED.match(text[read.end : match.start()]):
            keep(said, slot, read)
            trains = slot == "drop" and "训" in match[0]
            said.draft.cut(_glossed(text, at, read.end), match.end(), f"{HOLE}训练{HOLE}" if trains else HOLE)
            return


def _glossed(text: str, at: int, end: int) -> int:
    """Where columns in brackets begin with what they are called before them: 船票号(Ticket)."""
    gloss = GLOSS.search(text[:at]) if text[end : end + 1] == ")" else None
    return gloss.start() if gloss and not is_verb(gloss[0]) else at


def _is_predicted(text: str, at: int) -> bool:
    """Whether "predict" stands before a place, so that what follows is no list of columns to drop."""
    heads = [head for head, _ in forms("target", "weak")]
    return any(m.end() == len(text[:at].rstrip()) for head in heads for m in head.finditer(text[:at]))


def _unknown(said: Said, slot: str, match: re.Match[str]) -> None:
    """A word where a column should stand: ask, unless it is an ordinary word."""
    word = unknown_word(said.draft, match.end())
    if (
        word is None
        or not said.columns
        or word[0].lower() in known_names(said.world)
        or _ordinary(said, slot, word[0], match[0].rstrip())
    ):
        return
    part = partly(word[0], said.columns)
    key = "which_column" if len(part) > 1 else "no_such_column"
    options = part or nearest(word[0], said.columns)
    said.problems.append(ask(said.language, key, options or said.columns[:8], what=word[0]))
    said.draft.cut(match.start(), word[1])


def _ordinary(said: Said, slot: str, word: str, before: str) -> bool:
    if slot == "drop" and (
        before.lower().endswith("no") or word.lower() in ("port", "host", "seed", "replicas", "metric")
    ):
        return True
    if slot == "target" and word.lower() in MEASURES:
        return False
    if is_plain(word) or (slot != "target" and re.match(f"[{HAN}]", word) and slot != "drop"):
        return True
    return is_verb(word) or (slot == "drop" and bool(re.match(f"[{HAN}]", word)) and _has_verb(word))


def _has_verb(word: str) -> bool:
    return (
        verbs().search(word) is not None
        or re.match(
            "(?:把|将|回滚|回退|日志|状态|监控|转正|全量|导出|旧|老|这个|那个|没用|换|动|急|停|关|搞|弄|发|让|全|一下|折腾|太|很|那么|这么|上它|上他|吧|呢|啊|呀|嘛|呗|啦|咯|吗|就|所有|全部|掉|缺失|重复|异常|空|超过|任何|模型|数据|说|管|急|着|再|用|的|了|在|到|给|写|做)",
            word,
        )
        is not None
    )
