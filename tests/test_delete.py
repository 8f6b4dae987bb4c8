"""delete: what was named is gone, and nothing else."""

from pathlib import Path

import pytest
from tables import Bench, customers

import tools
from tools.core.errors import BadArguments, NotFound
from tools.core.serving.deployments import Deployment


def test_the_question_says_which_records_name_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    bench("train", dataset="t", estimators=["linear"], time_limit=60)
    folder = bench.context.workspace / "deployments" / "shop"
    folder.mkdir(parents=True)
    Deployment("shop", folder).note(event="deploy", revision=1, host="127.0.0.1", port=1, model="t:1", bento="t:1")
    tool = tools.load("delete")
    text = tool.question(tool.parse({"kind": "model", "name": "t"}), bench.context)
    assert "The record of shop names it; its revisions keep their own copies." in text
    assert bench("delete", kind="model", name="t:1").freed_bytes > 0


def test_what_was_named_is_gone_and_nothing_else(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.prepared(customers(), target="left")
    for _ in range(2):
        bench("train", dataset="t", estimators=["linear"], time_limit=60)
    bench("package", model="t:1")
    deleted = bench("delete", kind="model", name="t:2")
    assert (deleted.kind, deleted.name) == ("model", "t:2")
    assert deleted.freed_bytes > 0
    store = bench.context.bentoml_home / "models/t"
    assert sorted(p.name for p in store.iterdir()) == ["1", "latest"]
    assert (store / "latest").read_text() == "1"
    bench("delete", kind="bento", name="t:1")
    assert not (bench.context.bentoml_home / "bentos/t").exists()
    found = bench("status")
    assert (found.models, found.bentos, found.prepared) == (["t:1"], [], ["t:1"])
    with pytest.raises(NotFound):
        bench("delete", kind="model", name="t:2")
    with pytest.raises(BadArguments, match="kind cannot be 'planet'"):
        bench("delete", kind="planet", name="t")
