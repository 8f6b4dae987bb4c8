"""Takes wishes for preparing a table out of a request: gaps, scaling, encoding, kinds, words for missing."""

import re
from functools import cache

from agent.understanding.columns import Read, mentions, read_list, read_one
from agent.understanding.conditions import BEGINS, take_where
from agent.understanding.deriving import take_derived
from agent.understanding.lexicon import HAN, LANGUAGES, QUOTES, Phrases, compiled, phrases
from agent.understanding.replies import ask
from agent.understanding.said import Said
from tools.core.tables.words import vocabulary

FILE = "_preparing"
VALUE = (
    rf"\s*(?:(?-i:[{QUOTES}])|-?\d+(?:\.\d+)?(?![A-Za-z0-9_.])|(?<![A-Za-z0-9])[?*#\-.]{{1,3}}(?![A-Za-z0-9])"
    r"|[A-Za-z][A-Za-z0-9_/]*)"
)
JOIN = r"\s*(?:,|、|\band\b|\bor\b|和|与|或)\s*"
NO_VALUE = vocabulary(
    "the a an it that this these those values value cells cell column columns rows row as to be is are all what which "
    "nothing anything something data there missing na nan null absent empty"
)
"""Words that are never a text for missing."""
FIRST = (
    "none", "minmax", "standard", "unsure", "median", "mean", "most_frequent", "constant",
    "onehot", "ordinal", "target",
)  # fmt: skip
"""What is looked for first: "do not scale" before "scale", "min-max scaling" before "scaling"."""
GROUPED = re.compile(r"(?<=[\s<>=$€£])\d{1,3}(?:,\d{3})+(?![\d,])")
"""300,000 as one number."""
EN_NOUN = r"(?: (?:columns?|features?|variables?|fields?))?"


def take_preparing(said: Said) -> None:
    """Take every wish that a prepared dataset can grant; what is left of others is asked about later."""
    if not said.columns:
        return
    said.draft.text = GROUPED.sub(lambda found: found[0].replace(",", ""), said.draft.text)
    take_derived(said)
    take_where(said)
    _take_missing(said)
    _take_kinds(said)
    _take_only(said)
    for slot in ("impute", "scale", "encode"):
        _take_choice(said, slot)


def _take_choice(said: Said, slot: str) -> None:
    if not re.search(phrases(FILE)[slot]["trigger"], said.draft.text, re.IGNORECASE):
        return
    values = [name for name in phrases(FILE)[slot] if name != "trigger"]
    for value in sorted(values, key=FIRST.index):
        found = list(_phrases(slot, value).finditer(said.draft.text))
        for match in reversed(found):
            if _is_about_one(said, match):
                continue
            _choose(said, slot, value)
            said.draft.cut(match.start(), match.end())


def _is_about_one(said: Said, match: re.Match[str]) -> bool:
    """ "scale the target", "ordinal encode type", 金额标准化, "scale up": not a wish about all columns."""
    rest = said.draft.text[match.end() :]
    if re.match(r"\s*(?:the\s+)?(?:target|label|up|out|down)\b|目标", rest, re.IGNORECASE):
        return True
    before = mentions(said.draft, 0, match.start(), said.columns)
    if before and not said.draft.text[before[-1][1].end : match.start()].strip():
        return True
    read = read_one(said.draft, match.end(), said.columns, close=False)
    return read is not None and bool(read.columns) and re.match(r"\s*[,;.]", rest) is None


def _choose(said: Said, slot: str, value: str) -> None:
    if value != "unsure":
        said.set(slot, value)
        return
    options = {"en": ["standard scaling", "min-max scaling"], "zh": ["标准化", "归一化"]}
    said.problems.append(ask(said.language, "which_reading", options[said.language]))


@cache
def _phrases(slot: str, value: str) -> Phrases:
    entry = phrases(FILE)[slot][value]
    if "same" in entry:
        first = next(iter(name for name in phrases(FILE)[slot] if name != "trigger"))
        model = phrases(FILE)[slot][first]
        entry = {language: [_with(entry["same"], p) for p in model[language]] for language in LANGUAGES}
    en, zh = ([_filled(phrase, language) for phrase in entry[language]] for language in LANGUAGES)
    return Phrases(en, zh)


def _with(same: dict[str, str], phrase: str) -> str:
    for old, new in same.items():
        phrase = phrase.replace(f"(?:{old})", new).replace(old, new)
    return phrase


def _filled(phrase: str, language: str = "en") -> str:
    """The phrase with the words that several share."""
    shared = phrases(FILE)["words"]
    for name in ("fills", "gaps", "all", "numbers", "categories"):
        word = shared.get(f"{name}_zh" if language == "zh" else name) or shared.get(name, "")
        phrase = phrase.replace(f"{{{name}}}", word)
    return phrase


def _take_only(said: Said) -> None:
    """ "use only age and fare as predictors": every other column is left out, once the target is known."""
    if not re.search(phrases(FILE)["only"]["trigger"], said.draft.text, re.IGNORECASE):
        return
    for head, tail in _only_forms():
        for match in reversed(list(head.finditer(said.draft.text))):
            read = read_list(said.draft, match.end(), said.columns)
            after = tail.match(said.draft.text, read.end) if read.columns and not read.notes else None
            if after and not re.match(r"\s*(?:[<>=!]|is\b|are\b|为|是|大|小)", said.draft.text[after.end() :]):
                said.set("_only", read.columns)
                said.draft.cut(match.start(), after.end())


@cache
def _only_forms() -> list[tuple[Phrases, Phrases]]:
    found = []
    for language in LANGUAGES:
        for phrase in phrases(FILE)["only"][language]:
            head, tail = phrase.split("{col}")
            found.append((_in(language, head), _in(language, tail)))
    return found


def _in(language: str, phrase: str) -> Phrases:
    return Phrases([phrase], []) if language == "en" else Phrases([], [phrase])


def _take_missing(said: Said) -> None:
    if not re.search(phrases(FILE)["missing"]["trigger"], said.draft.text, re.IGNORECASE):
        return
    taken = {column.casefold() for column in said.columns}
    for spoken, mark in phrases(FILE)["missing"]["marks"].items():
        by = mark if re.match(f"[{HAN}]", spoken) else f" {mark} "
        said.draft.text = re.sub(spoken, by, said.draft.text, flags=re.IGNORECASE)
    for match in reversed(list(_missing().finditer(said.draft.text))):
        listed = next(values for values in match.groupdict().values() if values)
        words = [_meant(said, word) for word in re.split(JOIN, listed.strip())]
        glued = re.search(r"[A-Za-z]\s*$", said.draft.text[: match.start()]) and re.match(r"\s*[A-Za-z]", match[0])
        if glued and match[0].strip().lower().startswith(listed.strip().lower()):
            continue  # the last word of something longer
        if any(word.casefold() in taken or word.lower() in NO_VALUE for word in words):
            continue
        kept = said.slots.setdefault("missing", [])
        kept[:0] = [word for word in words if word not in kept]
        said.draft.cut(match.start(), match.end())


def _meant(said: Said, word: str) -> str:
    word = word.strip()
    return said.draft.things[word].value if word in said.draft.things else word


@cache
def _missing() -> Phrases:
    """The phrases with a group for the words that mean missing."""
    data = phrases(FILE)["missing"]
    many = {"{values}": rf"{VALUE}(?:{JOIN}{VALUE})*", "{words}": rf"(?:{VALUE}|[{HAN}]{{1,4}}?)"}
    en, zh = ([_grouped(p, many, f"v{at}{language}") for at, p in enumerate(data[language])] for language in LANGUAGES)
    return Phrases(en, zh)


def _grouped(phrase: str, many: dict[str, str], name: str) -> str:
    for mark, pattern in many.items():
        phrase = phrase.replace(mark, f"(?P<{name}>{pattern})")
    return phrase


def _take_kinds(said: Said) -> None:
    data = phrases(FILE)["kinds"]
    if not re.search(data["trigger"], said.draft.text, re.IGNORECASE):
        return
    while any(_take_kind(said, at) for at in _places(said)):
        pass


def _places(said: Said) -> list[int]:
    """Where columns are named, from left to right."""
    named = [at for at, _ in mentions(said.draft, 0, len(said.draft.text), said.columns)]
    quoted = [at for at, c in enumerate(said.draft.text) if re.match(f"[{QUOTES}]", c)]
    return sorted({*named, *quoted})


def _take_kind(said: Said, at: int) -> bool:
    read = read_list(said.draft, at, said.columns)
    if not read.columns:
        return False
    for kind, form, needs_head in _kind_forms():
        after = form.match(said.draft.text, read.end)
        if after is None:
            continue
        head = _kind_head().search(said.draft.text[:at])
        if (needs_head and head is None) or not (_has_verb(head) or BEGINS.search(said.draft.text[:at])):
            continue
        _keep_kind(said, kind, read)
        said.draft.cut(head.start() if head else at, after.end())
        return True
    return False


def _has_verb(head: re.Match[str] | None) -> bool:
    """Whether more than nothing stands before the columns: "treat", 把."""
    return head is not None and bool(head[0].strip())


def _keep_kind(said: Said, kind: str, read: Read) -> None:
    kept = said.slots.setdefault("kinds", [])
    kept += [f"{column}={kind}" for column in read.columns if f"{column}={kind}" not in kept]


@cache
def _kind_forms() -> list[tuple[str, re.Pattern[str], bool]]:
    """What may follow the columns, by kind; and whether a verb must stand before them."""
    data = phrases(FILE)["kinds"]
    found = []
    for kind, words in data["values"].items():
        found += [
            (kind, compiled([f"{data['tails_en']} (?:{words['en']}){EN_NOUN}{data['not_en']}"]), True),
            (kind, compiled([f"{data['back_en']} (?:{words['en']}){EN_NOUN}{data['not_en']}"]), False),
            (kind, re.compile(f"{data['tails_zh']}(?:{words['zh']}){data['after_zh']}{data['not_zh']}", re.I), False),
        ]
    return found


@cache
def _kind_head() -> re.Pattern[str]:
    data = phrases(FILE)["kinds"]
    en = compiled([data["heads_en"]]).pattern
    return re.compile(rf"(?:{en}\s*(?:the\s+)?|{data['heads_zh']})$", re.IGNORECASE)
