"""Names that people choose and tags that Ekiben draws: `Kunden 2024.csv` → `kunden-2024`, `kunden-2024:3`."""

import re
import unicodedata
from pathlib import PurePath
from typing import NamedTuple

from tools.core.errors import BadArguments

LONGEST = 63
ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xls", ".gz", ".zip", ".bz2", ".xz", ".zst")


def slug(text: str) -> str:
    """The name that `text` stands for: lower case, transliterated, at most 63 of a-z 0-9 . _ -."""
    from anyascii import anyascii

    plain = anyascii(unicodedata.normalize("NFKC", text)).lower()
    return re.sub(r"[^a-z0-9._-]+", "-", plain).strip("._-")[:LONGEST].strip("._-")


def name_of(text: str, what: str = "name") -> str:
    """`slug`, or BadArguments when nothing of `text` is left."""
    found = slug(text)
    if not found:
        raise BadArguments(f"{text!r} has no letter or digit to make a {what} of.", "Choose one with --name.")
    return found


def stem(path: str) -> str:
    """A file's name without its folders and its table endings: `data/churn.csv.gz` → `churn`."""
    base = PurePath(path.replace("\\", "/")).name
    while base.lower().endswith(ENDINGS) and not base.lower().lstrip(".").startswith(ENDINGS):
        base = base[: base.rindex(".")]
    return base


class Reference(NamedTuple):
    """What `name`, `name:version` or `KIND/name:version` points at; `version` None is the newest."""

    kind: str | None
    name: str
    version: int | None


def parse_reference(text: str) -> Reference:
    """Read a reference as a person types it. A version that is no positive whole number is BadArguments."""
    kind, _, rest = text.rpartition("/") if "/" in text else ("", "", text)
    base, colon, version = rest.rpartition(":") if ":" in rest else (rest, "", "")
    if not colon or version in ("", "latest"):
        return Reference(kind or None, slug(base) or base, None)
    if not version.isascii() or not version.isdigit() or int(version) < 1:
        raise BadArguments(f"{text!r} has no whole number after its colon.", "Write NAME:VERSION, as churn:3.")
    return Reference(kind or None, slug(base) or base, int(version))
