"""Takes out of a request what is one of a few: platform, split, task, separator, origins, estimators."""

import re

from agent.understanding.beside import take_words_around_estimators
from agent.understanding.lexicon import HOLE, PATHS, choices, chosen, pattern, phrases, values
from agent.understanding.refusals import is_refused, refusal, refused
from agent.understanding.replies import ask
from agent.understanding.said import Said

CHOICE_TRIGGERS = {
    "platform": "docker|contain|kube|k8s|server|local|machine|laptop|computer|notebook|mac|pc|box|host|here"
    "|容器|本地|本机|电脑|机器|笔记本|函数",
    "split": "split|test|judge|measure|strat|chrono|时间|分层|随机|分组|切分|划分",
    "task": "class|binary|regress|分类|多类|回归",
    "separator": "separat|delimit|sep|tab|comma|pipe|semi|分隔|隔开|分割",
}
"""Words without which a choice was not said; its phrases need not be compiled."""


def take_choices(said: Said) -> None:
    """Platform, split, task, separator, encoding, host, overwrite."""
    draft = said.draft
    for name in ("platform", "split", "task", "separator"):
        if not re.search(CHOICE_TRIGGERS[name], draft.text, re.IGNORECASE):
            continue
        found = list(choices("_slots", name).finditer(draft.text))
        spared = [m for m in found if is_refused(said, m)] if len(found) > 1 else []
        for match in reversed(found):
            if match in spared and len(spared) < len(found):
                draft.cut(refusal(said, match), match.end(), " ")  # "Docker, not Kubernetes"
                continue
            refused(said, match)
            said.set(name, chosen(match, "_slots", name))
            draft.cut(match.start(), match.end(), HOLE + "".join(re.findall(f"[{PATHS}]", match[0])))
    for name in ("host", "encoding"):
        for match in draft.take(pattern("_slots", name)):
            said.set(name, next(v for v in match.groupdict().values() if v).lower())
    if draft.take(pattern("_slots", "overwrite")):
        said.set("overwrite", True)


def take_dialect(said: Said) -> None:
    """The separator, before punctuation is read as such; that there is no header, before it is read as a column."""
    if said.draft.take(pattern("_slots", "header")):
        said.set("header", False)
    if not re.search(CHOICE_TRIGGERS["separator"], said.draft.text, re.IGNORECASE):
        return
    for match in said.draft.take(choices("_slots", "separator")):
        said.set("separator", chosen(match, "_slots", "separator"))


def take_origins(said: Said) -> None:
    """Addresses of pages that may ask a deployment, before they are read as paths."""
    if not re.search(phrases("_slots")["cors"]["trigger"], said.draft.text, re.IGNORECASE):
        return
    for match in said.draft.take(pattern("_slots", "cors")):
        said.slots.setdefault("cors", []).append(next(v for v in match.groupdict().values() if v).rstrip("/"))
    if pattern("_slots", "cors_cue").search(said.draft.text):
        for match in said.draft.take(pattern("_slots", "cors_bare")):
            said.slots.setdefault("cors", []).append(match["url"].rstrip("/"))
    if "cors" in said.slots:
        said.draft.take(pattern("_slots", "cors_words"), " ")


def take_estimators(said: Said) -> None:
    """Estimators by their names and what people call them."""
    unknown = said.draft.take(pattern("_decline", "estimators_unknown"))
    if unknown:
        said.problems.append(ask(said.language, "unknown_estimator", values("_estimators"), what=unknown[0][0]))
    text = said.draft.text
    found = [m for m in choices("_estimators").finditer(text) if m[0] not in said.columns]
    names = list(dict.fromkeys(chosen(m, "_estimators") for m in found))
    unwanted = [m for m in found if pattern("_slots", "not_this").search(text[max(0, m.start() - 30) : m.start()])]
    wanted = [m for m in found if m not in unwanted]
    if unwanted and wanted:
        names = list(dict.fromkeys(chosen(m, "_estimators") for m in wanted))
    elif unwanted:
        others = [name for name in values("_estimators") if name not in names]
        said.problems.append(ask(said.language, "exclude_estimator", others))
    if names:
        said.set("estimators", names)
    for match in reversed(found):
        said.draft.cut(match.start(), match.end(), "\uf001")
    take_words_around_estimators(said)
