"""Nothing of this machine goes into a Bento: no registry, no credential, no path."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tools.core.children import settings_of_installers
from tools.core.errors import DataRefused, Internal

INDEX = re.compile(
    rb"--(?:extra-)?index-url|--find-links|--trusted-host|--default-index"
    rb"|^[ \t]*(?:extra[-_])?index[-_]url[ \t]*[=:](?![ \t]*null)|^[ \t]*-[if][ \t]+\S"
    rb"|https?://[^\s\"']*(?:/simple\b|pypi\.)"
    rb"|\b(?:PIP|UV)_[A-Z_]*(?:INDEX|LINKS|HOST|PASSWORD|TOKEN)[A-Z_]*[ \t]*[=:]",
    re.MULTILINE,
)
CREDENTIAL = re.compile(rb"://[^/\s:@\"']*:[^/\s@\"']+@|\bmachine\s+\S+\s+login\s+\S+\s+password\s+\S+")
ROWS = ("src/model/", "apis/")
"""Where cells of the table stand, which may well speak of registries and paths; they are data."""
IMAGE = "env/docker/"
"""Where paths inside an image stand, which may be called as one of this machine's is."""
SHORTEST_SECRET = 6


def refuse_leaks(bento: Path) -> None:
    """Refuse a Bento whose text would name an index, a credential or a path of this machine.

    Internal, since only a bug puts one there; DataRefused where it stands in a cell of the table.
    """
    own = [os.fsencode(path) for path in (Path.home(), bento.parents[3]) if len(path.parts) > 1]
    secrets = list(_secrets())
    for path, content in _texts(bento):
        name = path.relative_to(bento).as_posix()
        rows = name.startswith(ROWS)
        if rows and CREDENTIAL.search(content):
            raise DataRefused(
                f"A cell of the table that would go into the Bento ({name}) looks like an address with a password.",
                "Leave its column away: ekiben preprocess DATASET --drop COLUMN",
            )
        told = False if rows else INDEX.search(content) or CREDENTIAL.search(content)
        placed = not name.startswith((*ROWS, IMAGE)) and any(path + b"/" in content for path in own)
        if told or placed or any(secret in content for secret in secrets):
            raise Internal(f"{name!r} of the Bento would name a registry, a credential or a path of this machine.")


def _texts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file that is text."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content


def _secrets() -> Iterator[bytes]:
    """What the user's own settings for pip and uv hold and nobody else should see: addresses, passwords, tokens."""
    for name, value in settings_of_installers().items():
        secret = "PASSWORD" in name or "TOKEN" in name
        for word in value.split():
            if "://" in word or (secret and len(word) >= SHORTEST_SECRET):
                yield os.fsencode(word)
