"""Learns the chances of readings from requests whose plans are known, and writes prompts/chances.json: `make chances`.

It reads requests.jsonl and others.jsonl, and the paraphrases. Requests with a question for an answer teach nothing. The
method is logistic regression, one for each tool, on which words and pairs of words a request has.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from run import HERE, REQUESTS, read, the_world

from agent.settings import settle
from agent.understanding.chances import CHANCES, TOOLS, asked, features
from agent.understanding.nearest import paraphrases
from agent.understanding.reading import wording
from agent.world import Here

OTHERS = HERE / "others.jsonl"
"""Requests that others wrote, and that the planner's author has looked at."""
FEWEST = 2
"""A word or pair in fewer texts teaches nothing."""
STRENGTH = 100.0
LEAST = 0.3
"""Smaller weights are left out."""
Texts = list[tuple[set[str], frozenset[str]]]


def examples(files: list[Path]) -> Iterator[tuple[set[str], frozenset[str]]]:
    """What each text has, and the tools that it asks for."""
    for reading, lines in paraphrases().items():
        for words in lines:
            yield features(" ".join(words[1:-1])), asked(TOOLS.get(reading, (reading,)))
    with the_world():
        world = Here(settle({"llm": "offline"}).context())
        for case in (case for file in files for case in read(file)):
            if tools := wanted(case["expect"]):
                yield features(wording(case["say"], world)), tools


def wanted(expect: dict[str, Any]) -> frozenset[str]:
    """The tools that a request asks for; "none" where it is refused, nothing where something is asked."""
    if "plan" in expect:
        return asked(step["tool"] for step in expect["plan"])
    return frozenset({"none"} if "refusal" in expect else ())


def learn(texts: Texts) -> dict[str, Any]:
    """Intercepts and weights for each tool."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    counted = Counter(feature for found, _ in texts for feature in found)
    known = {feature: at for at, feature in enumerate(sorted(f for f, n in counted.items() if n >= FEWEST))}
    rows = [[known[feature] for feature in sorted(found) if feature in known] for found, _ in texts]
    values = [1 / math.sqrt(max(1, len(row))) for row in rows for _ in row]
    ends = np.cumsum([0, *map(len, rows)])
    matrix = csr_matrix((values, [at for row in rows for at in row], ends), shape=(len(rows), len(known)))
    intercepts: dict[str, float] = {}
    weights: dict[str, dict[str, float]] = {feature: {} for feature in known}
    for tool in sorted({tool for _, tools in texts for tool in tools}):
        model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=300, random_state=0)
        model.fit(matrix, [tool in tools for _, tools in texts])
        intercepts[tool] = round(float(model.intercept_[0]), 2)
        for feature, at in known.items():
            if abs(weight := round(float(model.coef_[0, at]), 1)) >= LEAST:
                weights[feature][tool] = weight
    return {"intercepts": intercepts, "weights": weights}


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=Path, nargs="*", default=[REQUESTS, OTHERS])
    given = parser.parse_args()
    lines = json.dumps(learn(list(examples(given.requests))), ensure_ascii=False, separators=(",", ":"))
    CHANCES.write_text(lines.replace("},", "},\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
