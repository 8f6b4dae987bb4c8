"""Talking to a supervisor: what is left where none is alive."""

import gc
from pathlib import Path

from tools.core.files import write_json
from tools.core.serving.control import line_to


def test_a_supervisor_that_is_gone_leaves_no_open_socket(tmp_path: Path) -> None:
    write_json(tmp_path / "supervisor.json", {"control": str(tmp_path / "gone")})
    with line_to(tmp_path) as line:
        assert line is None
    gc.collect()  # a socket that is still open would warn, which is an error here
