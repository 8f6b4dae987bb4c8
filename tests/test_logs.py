"""logs: the end of what a service wrote."""

from pathlib import Path

import pytest
from tables import Bench

from tools.core.errors import BadArguments, NotFound
from tools.core.serving.deployments import Deployment


def test_the_last_lines(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    folder = bench.context.workspace / "deployments" / "shop"
    folder.mkdir(parents=True)
    Deployment("shop", folder).note(event="deploy", revision=1, host="127.0.0.1", port=1, model="t:1", bento="t:1")
    assert bench("logs", deployment="shop").lines == []
    (folder / "service.log").write_bytes(b"one\ntwo\n\xffthree\n")
    assert bench("logs", deployment="shop", lines=2).lines == ["two", "�three"]
    with pytest.raises(BadArguments):
        bench("logs", deployment="shop", lines=0)
    with pytest.raises(NotFound) as caught:
        bench("logs", deployment="store")
    assert caught.value.hint == "There are: shop."
