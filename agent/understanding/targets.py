"""Targets that are said in passing: "a churn model", "predict whether a customer will churn"."""

import re
from collections.abc import Iterator

from agent.understanding.artifacts import known_names
from agent.understanding.columns import LATIN_WORD, Read, is_plain, mentions, partly, read_list, unknown_word
from agent.understanding.forms import but_dropped, forms, is_verb, keep
from agent.understanding.leftovers import unexplained
from agent.understanding.lexicon import HAN, HOLE, pattern
from agent.understanding.paths import nearest
from agent.understanding.replies import ask
from agent.understanding.said import Said
from tools.core.names import stem

CLAUSE = re.compile(
    rf"[,;.!?]|\b(?:and|then|using|with|from|on|in|based|for|over|by|at|within|but|without|because)\b|用|并|然后|再|{HOLE}|[\ue000-\uebff]"
)

WRITTEN = re.compile(r"[A-Za-z]\w*_\w+|[A-Z][a-z]{3,}")
IS_COLUMN = re.compile(r"\s*(?:[这那]?一?(?:列|字段|栏)|(?:column|field)\b)", re.IGNORECASE)
"""After a word that is called a column."""
NAMED = re.compile(r"[叫称]|名[为字]|[命取起]名|\b(?:names?|named|call(?:ed)?)\b", re.IGNORECASE)
"""After one of these stands a name that is chosen."""


def take_adjective(said: Said) -> None:
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


def take_weak_targets(said: Said) -> None:
    """ "predict X", "预测 X": the target, if a column follows."""
    for head, _ in forms("target", "weak"):
        for match in reversed(list(head.finditer(said.draft.text))):
            _weak(said, match)


def _weak(said: Said, match: re.Match[str]) -> None:
    draft = said.draft
    at = match.end()
    read = but_dropped(said, at, read_list(draft, at, said.columns))
    if not match[0] and (read.notes or not read.columns):
        return  # what drives 流失 names no column
    if not read.columns or read.notes:
        at, read = next(_in_clause(said, at), (at, read))
    if not read.columns:
        if said.slots.get("_implied") and re.match(rf"(?:\s*\w+){{0,3}}\s*{HOLE}", draft.text[match.end() :]):
            draft.cut(match.start(), match.end())
        else:
            _maybe(said, match)
        return
    if is_artifact(said, draft.text[at : read.end]):
        return
    if "target" in said.slots and said.slots["target"] in read.columns and len(read.columns) == 1:
        draft.cut(at, read.end)
        said.slots["_implied"] = True
        return
    keep(said, "target", read)
    if re.search(r"\b(?:for|to|so we can)\s*$|用于$|以便$", draft.text[: match.start()], re.IGNORECASE):
        said.slots["_purpose"] = True
    if re.match(r"\s*(?:for|on|in|with|of|over)\b|的", draft.text[read.end :]):
        said.slots["_weak"] = draft.text[at : read.end].strip()
    draft.cut(at, read.end)
    draft.cut(match.start(), match.end())
    said.slots["_implied"] = True


def is_artifact(said: Said, written: str) -> bool:
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
        if NAMED.search(between):
            continue
        glued = re.search(f"[{HAN}]", text[at] + between) and unexplained(between)
        if len(between) <= 60 and not glued and (len(found) == 1 or is_plain(" ".join(LATIN_WORD.findall(between)))):
            yield at, read


def _maybe(said: Said, match: re.Match[str]) -> None:
    """ "predict income" where only longer columns contain that word: which one?"""
    word = unknown_word(said.draft, match.end())
    if not word or "target" in said.slots or is_plain(word[0]) or is_verb(word[0]):
        return
    if part := partly(word[0], said.columns):
        said.problems.append(ask(said.language, "which_column", part, what=word[0]))
    elif said.columns and (IS_COLUMN.match(said.draft.text, word[1]) or _is_written_as_column(said, word[0])):
        said.problems.append(ask(said.language, "no_such_column", nearest(word[0], said.columns), what=word[0]))


def _is_written_as_column(said: Said, word: str) -> bool:
    """Whether a word that is no column is written as one: selling_price, Survival."""
    tables = {stem(t.value).partition(".")[0].lower() for t in said.draft.things.values() if t.kind == "path"}
    known = word.lower() in tables | set(known_names(said.world))
    return bool(tables) and not known and WRITTEN.fullmatch(word) is not None
