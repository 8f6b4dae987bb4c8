"""What stands at a path: whether it is a file, in which format, and its bytes, unpacked."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from tools.core.errors import DataRefused, NotFound
from tools.core.tables.wording import listed

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".gz")


def format_of(path: Path) -> str:
    """text, parquet or xlsx, by the first bytes. NotFound and DataRefused for what is no readable file."""
    _require_file(path)
    with _unreadable(path), path.open("rb") as stream:
        head = stream.read(8)
        if head.startswith(b"PK\x03\x04") and _is_workbook(stream):
            return "xlsx"
    if head.startswith(b"PAR1"):
        return "parquet"
    if path.suffix.lower() in (".parquet", ".xlsx") and head:
        raise DataRefused(
            f"{path.name!r} is not a {path.suffix[1:]} file, whatever its name says.",
            "Rename it after what it holds, or save it again.",
        )
    return "text"


def contents(path: Path, most: int | None = None) -> tuple[bytes, bool]:
    """What the file holds, unpacked, and whether that is only its head of `most` bytes."""
    with _unreadable(path), path.open("rb") as stream:
        head = stream.read(8)
        stream.seek(0)
        with _unpacked(stream, path.name, head) as inner:
            data = inner.read() if most is None else inner.read(most)
            return data, most is not None and len(data) == most


def _is_workbook(stream: IO[bytes]) -> bool:
    import zipfile

    return "xl/workbook.xml" in zipfile.ZipFile(stream).namelist()


def _require_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except PermissionError as exc:
        raise DataRefused(f"{str(path)!r} may not be read.", "Check the permissions of its folder.") from exc
    except (OSError, ValueError) as exc:
        raise NotFound(f"There is no file {str(path)!r}.", _nearest(path), "path") from exc
    if stat.S_ISDIR(mode):
        raise DataRefused(f"{str(path)!r} is a folder, not a table.", _nearest(path / "*"), "path")
    if not stat.S_ISREG(mode):
        raise DataRefused(f"{str(path)!r} is not a regular file.", "Save the table into a file first.", "path")


def _nearest(path: Path) -> str:
    """A hint with the files of that folder that are called most like it."""
    import difflib

    try:
        here = sorted(p.name for p in path.parent.iterdir() if p.is_file() and not p.name.startswith("."))
    except (OSError, ValueError):
        return f"There is no folder {str(path.parent)!r} either."
    lowered = {name.lower(): name for name in here}
    close = [lowered[n] for n in difflib.get_close_matches(path.name.lower(), lowered, 3, 0.5)]
    tables = [n for n in here if n.lower().endswith(TABLES)]
    if close:
        return f"Did you mean {' or '.join(repr(name) for name in close)}?"
    return f"Tables in that folder: {listed(tables)}." if tables else "There is no table in that folder."


@contextmanager
def _unreadable(path: Path) -> Iterator[None]:
    """Turn what a damaged archive or a forbidden file raises into DataRefused."""
    import lzma
    import zipfile
    import zlib

    try:
        yield
    except PermissionError as exc:
        raise DataRefused(f"{str(path)!r} may not be read.", "Check the file's permissions.") from exc
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError) as exc:
        raise DataRefused(
            f"{path.name!r} is damaged and cannot be unpacked or read.", "Copy or download it again."
        ) from exc


def _unpacked(stream: IO[bytes], name: str, head: bytes) -> IO[bytes]:
    """The stream itself, or the bytes inside a gzip, bzip2, xz, zstd or one-member zip file."""
    if head.startswith(b"\x1f\x8b"):
        import gzip

        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        import bz2

        return bz2.BZ2File(stream)
    if head.startswith(b"\xfd7zXZ\x00"):
        import lzma

        return lzma.LZMAFile(stream)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa

        found: IO[bytes] = pa.CompressedInputStream(stream, "zstd")
        return found
    return _only_member(stream, name) if head.startswith(b"PK\x03\x04") else stream


def _only_member(stream: IO[bytes], name: str) -> IO[bytes]:
    import zipfile

    archive = zipfile.ZipFile(stream)
    inside = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
    if len(inside) != 1:
        names = listed([i.filename for i in inside]) or "nothing"
        raise DataRefused(
            f"{name!r} is a zip archive with {len(inside)} files ({names}), not one table.",
            "Unpack it and name one of its files.",
        )
    if inside[0].flag_bits & 1:
        raise DataRefused(f"{name!r} is an encrypted zip archive.", "Unpack it first.")
    return archive.open(inside[0])
