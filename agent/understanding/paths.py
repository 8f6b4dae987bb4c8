"""Takes paths and quoted strings out of a request, before anything else can misread them."""

import re
from pathlib import PurePath

from agent.understanding.lexicon import HAN, words
from agent.understanding.text import Draft, Thing
from agent.understanding.world import World

TABLES = r"csv\.gz|tsv\.gz|csv\.zip|csv|tsv|txt|parquet|xlsx"
OTHERS = (
    r"bento|pkl|pickle|joblib|onnx|skops|json|jsonl|xls|feather|arrow|pdf|docx?|png|jpe?g|html?|py|sql|db|zip|yaml|md"
    r"|mp4|wav|log"
)
ENDING = rf"\.(?:{TABLES}|{OTHERS})(?![A-Za-z0-9_])(?!\.[A-Za-z0-9])"
BODY = rf"(?-i:[A-Za-z0-9_.\-/\\~@%+#{HAN}])"
PATH = re.compile(rf"(?:[a-z][a-z0-9+]*://|[A-Za-z]:[\\/])?{BODY}*?(?-i:[A-Za-z0-9_\-)%{HAN}*]){ENDING}", re.IGNORECASE)
QUOTED = re.compile(r"\"([^\"]+)\"|(?<![A-Za-z0-9])'([^']+)'(?![A-Za-z0-9])")
WRITES = re.compile(r"(?:[存写导出输放](?:在|到|成|为|进|入)?|文件名叫?|名叫|输出|叫做?|\b(?:into|to|as))[:=]?\s$")
"""After one of these and a blank stands a new file, whose first words are its own: 存成 打分结果.csv."""
WRITTEN = re.compile("[存写导出输放][到成为进]$")
SYSTEM = re.compile(r"/(?:etc|usr|bin|sbin|sys|proc|dev|boot|var|root)/|~/\.|[a-z]:/windows", re.IGNORECASE)
IS_PATH = re.compile(rf".*{ENDING}$", re.IGNORECASE)
IS_TABLE = re.compile(rf".*\.(?:{TABLES})$", re.IGNORECASE)


def take_paths(draft: Draft, world: World) -> None:
    """Files that exist, then quoted strings, then whatever looks like a path."""
    for name in sorted(world.files(), key=len, reverse=True):
        if re.search(rf"[\s{HAN}]", name):
            _take_verbatim(draft, name)
    draft.text = QUOTED.sub(lambda m: _quoted(draft, m[1] or m[2]), draft.text)
    draft.text = PATH.sub(lambda m: _bare(draft, world, m), draft.text)


def _take_verbatim(draft: Draft, name: str) -> None:
    start = draft.text.find(name)
    while start >= 0:
        draft.cut(start, start + len(name), draft.put(Thing("path", name)))
        start = draft.text.find(name)


def _quoted(draft: Draft, inside: str) -> str:
    if len(inside) == 1 and inside in draft.things:
        return inside
    text = draft.show(inside) if any(c in draft.things for c in inside) else inside.strip()
    return draft.put(Thing("path" if IS_PATH.match(text) else "quoted", text))


def _bare(draft: Draft, world: World, found: re.Match[str]) -> str:
    text, new = found[0], WRITES.search(found.string[: found.start()])
    skip = len(text) if new or not re.search(f"[{HAN}]", text) else _start(text, world)
    if skip == len(text):
        skip = 0
    return text[:skip] + draft.put(Thing("path", text[skip:]))


def _start(text: str, world: World) -> int:
    """Where the path begins in a run of characters that may open with Chinese words glued to it."""
    for at in range(len(text)):
        if (at == 0 or re.match(f"[{HAN}]", text[at - 1])) and world.table(text[at:]) is not None:
            return at
    at, lead = 0, re.compile("|".join(sorted(words("_slots", "glued_to_paths"), key=len, reverse=True)))
    while (found := lead.match(text, at)) and re.match(rf"{BODY}+\.", text[found.end() :]):
        at = found.end()
        if WRITTEN.search(found[0]):
            break
    latin = re.match(rf".*[{HAN}](?=(?:[A-Za-z0-9_~/\\]|\.\.?/)[A-Za-z0-9_.\-/\\~]*$)", text)
    if latin and re.fullmatch(r"\d+\.\w+", text[latin.end() :]):
        return at  # 客户流失2.csv is one name
    return max(at, latin.end()) if latin and not re.search(r"[/\\]", text[: latin.end()]) else at


def is_outside(path: str) -> bool:
    """Whether a path leads out of the folder, or to where a system keeps its own files."""
    from posixpath import normpath

    plain = normpath(path.replace("\\", "/"))
    return plain.startswith("../") or SYSTEM.match(plain) is not None


def is_table(path: str) -> bool:
    """Whether a path names a table by its ending."""
    return IS_TABLE.match(path) is not None


def nearest(wanted: str, known: list[str], limit: int = 4) -> list[str]:
    """The known names that look most like the wanted one, best first."""
    from rapidfuzz import fuzz, process

    def simple(text: str) -> str:
        return PurePath(text.replace("\\", "/")).name.casefold()

    found = process.extract(
        simple(wanted), [simple(k) for k in known], scorer=fuzz.WRatio, limit=limit, score_cutoff=60
    )
    return [known[index] for _, _, index in found]
