"""Reading a .bento file that somebody sent: every member is looked at before anything is unpacked."""

import contextlib
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.core.errors import BadArguments, NotFound

MOST_FILES = 5_000
MOST_BYTES = 8 * 1024**3
"""Of all files together; a forest on a large table has some hundred MB."""
MOST_TEXT = 16 * 1024**2
"""Of one file that is read before the archive is unpacked."""
BROKEN = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


def read_texts(archive: Path, names: tuple[str, ...]) -> dict[str, str]:
    """The content of those of the named text files that an archive has; BadArguments where it is not safe to open."""
    found = {}
    with _opened(archive) as tar:
        for member in _members(tar, archive):
            name = PurePosixPath(member.name).as_posix()
            if name in names and member.size <= MOST_TEXT and (file := tar.extractfile(member)):
                found[name] = file.read().decode("utf-8", "replace")
    return found


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of plain files and folders; BadArguments, and nothing is unpacked, where it has others."""
    with _opened(archive) as tar:
        members = list(_members(tar, archive))
        tar.extractall(folder, members, filter="data")


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    if not archive.is_file():
        raise NotFound(f"There is no file {str(archive)!r}.", "Name a file that `ekiben package --output` wrote.")
    try:
        with tarfile.open(archive) as tar:
            yield tar
    except BROKEN as exc:
        raise BadArguments(
            f"{archive.name!r} is damaged, or no Bento.",  # tarfile tells of every form that it tried, line by line
            "Package the model again with --output, or copy it again.",
        ) from exc


def _members(tar: tarfile.TarFile, archive: Path) -> Iterator[tarfile.TarInfo]:
    """An archive's files and folders, each of them checked before the next is looked for."""
    seen: set[str] = set()
    total = 0
    for member in tar:
        total += member.size
        reason = _refused(member, seen) or ("it holds too much" if total > MOST_BYTES or len(seen) > MOST_FILES else "")
        if reason:
            raise BadArguments(f"{archive.name!r} is not unpacked: {reason}.", "Ask for the file where it was made.")
        seen.add(PurePosixPath(member.name).as_posix().casefold())
        yield member


def _refused(member: tarfile.TarInfo, seen: set[str]) -> str:
    """Why a member may not be unpacked; "" when it may."""
    path, shown = PurePosixPath(member.name), ascii(member.name[:80])
    if not (member.isfile() or member.isdir()):
        return f"{shown} in it is neither a file nor a folder"
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name or ":" in member.name:
        return f"{shown} in it would lie outside"
    if member.isfile() and path.as_posix().casefold() in seen:
        return f"{shown} is in it twice"
    return ""
