"""Takes arguments out of a request: numbers, durations, metrics, names, outputs."""

import re
from typing import Any

from agent.understanding.beside import is_a_wait, take_rest_of_traffic
from agent.understanding.lexicon import (
    ARTIFACTS,
    HOLE,
    NUMBER,
    PATHS,
    QUOTES,
    choices,
    chosen,
    compiled,
    pattern,
    phrases,
    words,
)
from agent.understanding.numbers import DURATION, ORDINALS, number, seconds, whole
from agent.understanding.refusals import refused
from agent.understanding.replies import ask
from agent.understanding.said import Said

WHOLE = ("port", "replicas", "seed", "canary", "lines", "row")
BOUNDS = {
    "port": (1, 65535),
    "replicas": (1, 1000),
    "test_fraction": (0.01, 0.9),
    "time_limit": (0.1, 1e7),
    "max_latency_ms": (0.001, 1e6),
    "false_negative_cost": (0.001, 1e6),
    "memory_limit": (0.01, 1e5),
    "canary": (1, 100),
}
RATIO = re.compile("([一二三四五六七八九])([一二三四五六七八九])[分开]")
"""三七分 parts the rows, and is no time."""
OWNER = re.compile(r"\bof ([A-Za-z][\w\-]*)'s ")
"""Whose traffic it is."""
THAT_ONE = re.compile(r"\b(?:that|this|which|the|no|any|every|new|old|other|last|previous|good) one\s*$", re.IGNORECASE)
"""Is no number."""
SPENT = re.compile(
    r"\b(?:been|spent|waited|waiting|sat|stared|worked|fought|lost|wasted|took)\b[^,.;!?]*$|[等花搞弄盯看折腾找耗]了(?:快|整整|差不多|大概)*$",
    re.IGNORECASE,
)
"""Before the time that somebody tells of."""
LEFT_OVER = re.compile(r"\s*(?:before|until|till|left|to spare|from now|old|late)\b", re.IGNORECASE)
"""After it."""
AGO = re.compile(r"\s*(?:ago|earlier)\b|之?前|以前", re.IGNORECASE)
TRAINED_ON = re.compile(
    r"\s*(?:(?:of|for|as|in) )*(?:the |my )?(?:data |rows )?(?:for |to )?(?:the )?train", re.IGNORECASE
)
NAMED_ALREADY = re.compile(
    r"(?:(?:the|my|our|a|an|one|this|that) (?:\w+ )?(?:model|dataset|deployment|service|bento|one)"
    r"|anything|something)\s*$",
    re.IGNORECASE,
)
"""Before a name that something bears."""
RELEASES = re.compile(r"\b(?:deploy|serve|launch|release|ship|publish|live|port|up|online)\b", re.IGNORECASE)
MAKES = re.compile(r"\b(?:train|fit|build|learn|model|make)", re.IGNORECASE)
PREPARED = re.compile(r"\bprepared\b|(?:处理|准备)(?:好|后|过)", re.IGNORECASE)
LISTED = re.compile(
    r"\b(?:listed|known|registered|filed|running|runs|goes|saved|just|same|such|good|well|bad)\s*$", re.IGNORECASE
)
"""Before "as churn", which then names what exists."""
MARKED = re.compile(f"[{PATHS}{QUOTES}{ARTIFACTS}]")


def take_numbers(said: Said, *names: str) -> None:
    """Arguments that are a number with a word beside it."""
    if not re.search(rf"{NUMBER}|{'|'.join(ORDINALS)}|tenth|fifth|quarter|third|half", said.draft.text, re.IGNORECASE):
        return
    for name in names:
        take_rest_of_traffic(said, name)
        for match in reversed(list(pattern("_slots", "numbers", name).finditer(said.draft.text))):
            if name == "revision" and THAT_ONE.search(said.draft.text[: match.end()]):
                continue
            refused(said, match)
            value = _value(name, match[0])
            if name == "test_fraction":
                if _samples(said, match):
                    continue
                value = round(1 - value, 6) if TRAINED_ON.match(said.draft.text, match.end()) else value
            _keep(said, name, value)
            if name == "canary" and (owner := OWNER.search(match[0])):
                said.slots.setdefault("deploy_name", owner[1])
            told = name == "lines" and re.search(r"(?i)\blog\b", match[0])
            said.draft.cut(match.start(), match.end(), f"{HOLE} log {HOLE}" if told else HOLE)


def _samples(said: Said, match: re.Match[str]) -> bool:
    """ "use 20% of the rows" without a word on testing takes a sample of them."""
    uses = re.match(r"(?:use|using|take)\b", match[0], re.IGNORECASE)
    tests = re.search(r"test|evaluat|hold", match[0], re.IGNORECASE) or TRAINED_ON.match(said.draft.text, match.end())
    return uses is not None and tests is None


def _keep(said: Said, name: str, value: float) -> None:
    name = name.removesuffix("_alone")
    low, high = BOUNDS.get(name, (0, 1e12))
    if not low <= value <= high or (name in WHOLE and value != int(value)):
        what = name.replace("_", " ")
        said.problems.append(ask(said.language, "out_of_range", what=what, number=whole(value)))
    said.set(name, whole(value))


def _value(name: str, text: str) -> float:
    text = re.sub(r"(?i)\b(?:f1|r2|k8s)\b|127\.0\.0\.1", " ", text)
    if name == "revision" and (ordinal := re.search(rf"(?i)\b(?:{'|'.join(ORDINALS)})\b", text)):
        return number(ordinal[0])
    found = [number(n) for n in re.findall(NUMBER, _numeric(text), re.IGNORECASE)]
    if name == "test_fraction":
        return _fraction(text, found)
    if name == "false_negative_cost" and (times := re.search(rf"({NUMBER}) ?(?:times|x|×|-?fold|倍)", text, re.I)):
        return number(times[1])
    return _share(text, found) if name == "canary" else found[-1]


def _share(text: str, found: list[float]) -> float:
    """Percent of the traffic: "one in ten", 一成, "a fifth of the requests"."""
    for word, share in (("tenth", 10), ("fifth", 20), ("quarter", 25), ("third", 33), ("half", 50)):
        if word in text:
            return share
    if re.search(r"\b(?:in|of)\b", text, re.IGNORECASE) and "%" not in text and "percent" not in text:
        return 100 / found[-1]
    return found[-1] * 10 if "成" in text else found[-1]


def _numeric(text: str) -> str:
    """Without the Chinese numerals that are part of a word."""
    return re.sub(r"一[个份下]", " ", text)


def _fraction(text: str, found: list[float]) -> float:
    if ratio := RATIO.search(text):
        train, test = number(ratio[1]), number(ratio[2])
        return round(min(train, test) / (train + test), 6)
    pair = re.search(rf"({NUMBER}) ?[/:比] ?({NUMBER})", text)
    if pair:
        train, test = number(pair[1]), number(pair[2])
        return round(min(train, test) / (train + test), 6)
    if "百分之" in text or "%" in text or re.search(r"per ?cent", text, re.IGNORECASE):
        return round(found[-1] / 100, 6)
    return (
        round(found[-1] / 10, 6)
        if ("成" in text and found[-1] >= 1 and f"{text}".rstrip("0123456789").endswith("成")) or _tenths(text)
        else found[-1]
    )


def _tenths(text: str) -> bool:
    return re.search(rf"{NUMBER}成", text) is not None


def take_duration(said: Said) -> None:
    """How long training may take, with the words around it."""
    if not DURATION.search(said.draft.text):
        return
    data = phrases("_slots")["duration"]
    head = compiled(data["head"]).pattern.replace("(?!)", "")
    tail = "|".join(data["tail"]).replace(" ", r"\s+")
    around = re.compile(rf"(?:{head})*(?P<d>{DURATION.pattern})(?:{tail})*", re.IGNORECASE)
    for match in reversed(list(around.finditer(said.draft.text))):
        inner = DURATION.search(match["d"])
        if inner is None or re.match(data["not_after"], said.draft.text[match.end("d") :]):
            continue
        if RATIO.fullmatch(match["d"]) or is_a_wait(said, match):
            continue
        if past := AGO.match(said.draft.text, match.end("d")):
            said.draft.cut(match.start("d"), past.end(), " ")
            continue
        if _is_told_time(said.draft.text, match):
            continue
        _keep(said, "time_limit", seconds(inner))
        said.draft.cut(match.start(), match.end())


def _is_told_time(text: str, match: re.Match[str]) -> bool:
    """ "I have been at it for an hour", "ten minutes before the meeting": no limit for training."""
    before = text[: match.start("d")]
    return SPENT.search(before) is not None or LEFT_OVER.match(text, match.end("d")) is not None


def take_metric(said: Said) -> None:
    """The metric to optimise, with the words around it."""
    heads = phrases("_metric_heads")
    names = choices("_metrics")
    for match in reversed(list(names.finditer(said.draft.text))):
        said.set("metric", chosen(match, "_metrics"))
        before, after = said.draft.text[: match.start()], said.draft.text[match.end() :]
        start = min((len(before) - len(_suffix(before, h)) for h in heads["head"]), default=match.start())
        end = match.end() + max(len(_prefix(after, t)) for t in heads["tail"])
        said.draft.cut(start, end)


def _suffix(text: str, phrase: str) -> str:
    found = re.search(rf"(?:(?<![A-Za-z0-9_])|(?![A-Za-z0-9_]))(?:{_spaced(phrase)})\s*$", text[-60:], re.IGNORECASE)
    return found[0] if found else ""


def _prefix(text: str, phrase: str) -> str:
    found = re.match(_spaced(phrase), text, re.IGNORECASE)
    return found[0] if found else ""


def _spaced(phrase: str) -> str:
    return re.sub(r" (?![\]\[])", r"\\s+", phrase)


def take_outputs(said: Said) -> None:
    """Paths to write to: `into out.csv`, `结果保存到 out.csv`; a script is never read."""
    draft = said.draft
    for match in reversed(list(pattern("_slots", "output").finditer(draft.text))):
        mark = next(c for c in match[0] if c in draft.things)
        vague = re.match(
            r"(?:to|as|stored|saved|written|in|hand|give|get|bring|make|produce|create|return|leave)\s",
            match[0],
            re.IGNORECASE,
        )
        if vague and said.world.table(draft.things[mark].value) is not None:
            continue
        said.outputs.append(mark)
        draft.cut(match.start(), match.end(), "".join(re.findall("脚本|代码", match[0])) + HOLE)
    said.outputs += [m for m in draft.order("path") if draft.things[m].value.endswith(".py")]


def take_names(said: Said) -> None:
    """Names that the request chooses: `call it fraud`, `叫做 fraud`, `deploy it as fraud`."""
    for slot in ("namespace", "registry", "model_name", "deploy_name", "name", "sheet"):
        if not re.search(phrases("_slots")[slot]["trigger"], said.draft.text, re.IGNORECASE):
            continue
        for match in reversed(list(pattern("_slots", slot).finditer(said.draft.text))):
            value, end = _named(said, match)
            if slot == "deploy_name" and ":" in value:
                continue
            known = slot in ("name", "model_name") and value.lower() in words("_slots", "not_names")
            if value and not known and not _refers(said, match):
                said.set(_whose(said.draft.text, match) if slot == "name" else slot, value)
                said.draft.cut(match.start(), end)


def _whose(text: str, match: re.Match[str]) -> str:
    """Which slot a name is for: of the prepared dataset, of the deployment, or of all that is made."""
    if PREPARED.search(match[0]):
        return "prepared_name"
    return "deploy_name" if _of_deployment(text, match) else "name"


def _of_deployment(text: str, match: re.Match[str]) -> bool:
    """Whether "under the name x" goes with a verb of releasing, where the model is trained before."""
    clauses = re.split(r"[.;!?]|,? then\b", text[: match.start()])
    under = re.match(r"(?:under|with|by|using)\b", match[0], re.IGNORECASE) is not None
    return under and RELEASES.search(clauses[-1]) is not None and MAKES.search(" ".join(clauses[:-1])) is not None


def _named(said: Said, match: re.Match[str]) -> tuple[str, int]:
    marks = MARKED.findall(match[0])
    if marks:
        return said.draft.things[marks[-1]].tag, match.end()
    found: Any = re.search(r"[A-Za-z0-9](?:[\w.\-/]*[A-Za-z0-9_])?$", match[0], re.ASCII)
    if found and found.start() > 0:
        return found[0], match.end()
    return _han_name(match[0]), match.end()


def _han_name(text: str) -> str:
    found = re.search(
        r"(?:叫做|叫作|名为|称为|称作|名字是|名称是|命名为|取名为?|起名为?|叫|为|成|是|:|=)([^:=]+?)$", text
    )
    return found[1] if found else ""


def _refers(said: Said, match: re.Match[str]) -> bool:
    """ "the model called churn" names what exists instead of choosing a name."""
    before = said.draft.text[: match.start()]
    about = NAMED_ALREADY.search(before) or LISTED.search(before)
    from agent.understanding.artifacts import known_names

    return bool(about) and _named(said, match)[0].lower().partition(":")[0] in known_names(said.world)
