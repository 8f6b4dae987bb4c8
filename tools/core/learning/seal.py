"""The sealed test set: a file that cannot be read as it lies there, and the ledger of its openings, which has its key.

One function opens it, for `evaluate` and the gate of `deploy`, and writes the opening down first. Whoever reads the
file by other means finds noise; whoever loses or edits the ledger has lost the sealed rows.
"""

import hashlib
import secrets
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from tools.core.context import Context
from tools.core.errors import Internal
from tools.core.files import read_json, sha256, write_json
from tools.core.signing import check, signed
from tools.core.store import Artifact

SEALED = "sealed.bin"
OPENINGS = "openings"
"""Where the workspace keeps a ledger for each seal."""


@dataclass(frozen=True)
class Sealed:
    """The sealed rows as a table (pandas), and how often they were opened, this time included."""

    table: Any
    openings: int


def write_sealed(context: Context, seal: str, table: Any, path: Path) -> None:
    """Write rows so that `open_sealed` alone can read them; the seal's ledger is begun where there is none."""
    buffer = BytesIO()
    table.to_parquet(buffer, index=False)
    with context.store.lock(f"openings-{_plain(seal)}"):
        place = _ledger_path(context, seal)
        if not place.exists():
            write_json(place, signed(context.workspace, {"seal": seal, "key": secrets.token_hex(32), "openings": []}))
        ledger = _ledger(context, seal)
    path.write_bytes(_masked(buffer.getvalue(), ledger["key"], path.name))


def open_sealed(prepared: Artifact, context: Context, model: str) -> Sealed:
    """Open the sealed test set, and write down that it was opened, when and for which model.

    What was prepared again from the same rows, or from more of them, has the same seal. A repeated step counts once.
    Internal where the sealed file or the ledger was changed.
    """
    import pandas as pd

    from tools.core.journal import now

    path = prepared.path / SEALED
    if not path.exists() or sha256(path) != prepared.record["sealed_sha256"]:
        raise Internal(
            f"The sealed rows of {prepared.tag} are not those that were sealed.", "Prepare the dataset again."
        )
    seal = str(prepared.record["seal"])
    with context.store.lock(f"openings-{_plain(seal)}"):
        ledger = _ledger(context, seal)
        openings = ledger["openings"]
        if not context.key or context.key not in [opening["key"] for opening in openings]:
            openings.append({"at": now(), "model": model, "key": context.key})
            write_json(_ledger_path(context, seal), signed(context.workspace, ledger))
    return Sealed(pd.read_parquet(BytesIO(_masked(path.read_bytes(), ledger["key"], path.name))), len(openings))


def _ledger(context: Context, seal: str) -> dict[str, Any]:
    place = _ledger_path(context, seal)
    if not place.exists():
        raise Internal(
            f"The record of who opened the sealed rows of {seal} is gone, and with it the key to them.",
            "Restore it from a copy, or prepare the dataset again with another --seed.",
        )
    found: dict[str, Any] = read_json(place)
    check(context.workspace, found, f"the openings of {seal}")
    del found["signature"]
    return found


def _ledger_path(context: Context, seal: str) -> Path:
    return context.workspace / OPENINGS / f"{_plain(seal)}.json"


def _plain(seal: str) -> str:
    return seal.replace(":", "-")


def _masked(content: bytes, key: str, name: str) -> bytes:
    """Content combined with a stream that follows from key and name; done twice, it is the content again."""
    import numpy as np

    stream = hashlib.shake_256(bytes.fromhex(key) + name.encode()).digest(len(content))
    mixed = np.frombuffer(content, dtype=np.uint8) ^ np.frombuffer(stream, dtype=np.uint8)
    return bytes(mixed.tobytes())
