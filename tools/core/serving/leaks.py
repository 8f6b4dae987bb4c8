"""Nothing of this machine goes into a Bento: no registry, no credential, no path."""

import re
from pathlib import Path

from tools.core.errors import Internal

FORBIDDEN = re.compile(
    rb"(?:--(?:extra-)?index-url|--find-links|https?://[^\s\"']*(?:/simple\b|pypi\.)|//[^/\s:@]+:[^/\s@]+@)"
)


def refuse_leaks(folder: Path) -> None:
    """Internal, when a file of a Bento names an index, a credential or a path of this machine."""
    here = [str(Path.home()).encode() + b"/", str(folder.parents[3]).encode()]
    for path in (p for p in folder.rglob("*") if p.is_file() and p.suffix in (".txt", ".yaml", ".json", ".md", ".in")):
        content = path.read_bytes()
        if FORBIDDEN.search(content) or any(prefix in content for prefix in here):
            raise Internal(f"{path.name!r} of the Bento would name a registry or a path of this machine.")
