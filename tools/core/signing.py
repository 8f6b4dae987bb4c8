"""Signatures of what the workspace records, so that a record which was edited by hand is noticed.

The key lies in the workspace. It guards against edits, not against somebody who signs with it on purpose.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.core.errors import Internal
from tools.core.files import finite

KEY = "key"
FIELD = "signature"


def signed(workspace: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with a signature of all its other fields."""
    plain = json.loads(json.dumps(finite(dict(record)), ensure_ascii=False, default=str))
    return {**plain, FIELD: _signature(workspace, plain)}


def check(workspace: Path, record: Mapping[str, Any], what: str) -> None:
    """Internal where a record is not as it was signed."""
    plain = {name: value for name, value in record.items() if name != FIELD}
    if not hmac.compare_digest(str(record.get(FIELD, "")), _signature(workspace, plain)):
        raise Internal(
            f"The record of {what} is not as Ekiben wrote it, so that nothing in it can be relied on.",
            "Restore it from a copy, or make it again.",
        )


def _signature(workspace: Path, record: Mapping[str, Any]) -> str:
    return hmac.new(_key(workspace), _canonical(record).encode(), hashlib.sha256).hexdigest()


def _canonical(record: Mapping[str, Any]) -> str:
    return json.dumps(finite(dict(record)), sort_keys=True, ensure_ascii=False, default=str)


def _key(workspace: Path) -> bytes:
    """The workspace's key, made where it has none; whoever comes first makes it."""
    path = workspace / KEY
    if not path.exists():
        workspace.mkdir(parents=True, exist_ok=True)
        aside = workspace / f".{KEY}-{os.getpid()}-{secrets.token_hex(4)}"
        aside.write_bytes(secrets.token_bytes(32))
        aside.chmod(0o600)
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    return path.read_bytes()
