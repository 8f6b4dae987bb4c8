"""A Bento's lock: all that it needs besides Python, pinned to what is installed here, with hashes, naming no index."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.core.children import environment, settings_of_installers

SERVING = ("bentoml", "httptools", "msgspec", "numpy", "uvicorn", "uvloop")
"""What every service needs; with what these need."""
OWN_LOCK = "requirements.lock"
"""Ekiben's own lock, which knows every file of each version it names: in a wheel beside this module."""
ASKING_SECONDS = 120
Hashes = dict[str, tuple[str, ...]]
"""The SHA-256 of each file of a `name==version`."""


@dataclass(frozen=True)
class Lock:
    """What goes into requirements.txt; `unhashed` are the pins that no hash could be had for, and then none has one."""

    text: str
    unhashed: tuple[str, ...] = ()


def locked(pins: Sequence[str]) -> Lock:
    """A lock of `name==version` lines: hashes from Ekiben's own, for other versions from the user's registry."""
    known = own_hashes()
    hashes = {pin: known[pin] for pin in pins if pin in known}
    hashes |= asked_hashes([pin for pin in pins if pin not in hashes])
    if unhashed := tuple(pin for pin in pins if pin not in hashes):
        return Lock("".join(f"{pin}\n" for pin in pins), unhashed)  # pip refuses a lock that has hashes for some
    return Lock("".join(f"{pin}{_lines(hashes[pin])}\n" for pin in pins))


def pinned(more: Sequence[str] = ()) -> list[str]:
    """`name==version` of all that serving needs, and of `more`, as installed here, sorted."""
    from packaging.utils import canonicalize_name

    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[str, str]] = [(canonicalize_name(name), "") for name in (*SERVING, *more)]
    while waiting:
        asked = waiting.pop()
        if asked not in seen:
            seen.add(asked)
            waiting += _needs(*asked)
    return sorted(f"{name}=={installed(name)}" for name in {name for name, _ in seen})


def installed(name: str) -> str:
    """The version of a distribution here."""
    from importlib.metadata import version

    return version(name)


@cache
def own_hashes() -> Hashes:
    """What Ekiben's own lock knows."""
    beside = Path(__file__).with_name(OWN_LOCK)
    place = beside if beside.exists() else Path(__file__).parents[3] / OWN_LOCK
    return dict(read_lock(place.read_text(encoding="utf-8")))


def read_lock(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each `name==version` of a lock with its hashes."""
    for block in re.split(r"\n(?=\S)", text):
        if found := re.match(r"([A-Za-z0-9._-]+==[^\s;]+)", block):
            yield found[1], tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))


def asked_hashes(pins: Sequence[str]) -> Hashes:
    """The hash of the file that pip would install here for each pin, by the user's own settings; no address is kept."""
    if not pins:
        return {}
    options = ["--dry-run", "--no-deps", "--ignore-installed", "--quiet", "--report", "-", "--retries", "1"]
    command = [sys.executable, "-P", "-m", "pip", "install", *options, *pins]
    variables = environment() | settings_of_installers()
    try:
        done = subprocess.run(command, env=variables, capture_output=True, check=True, timeout=ASKING_SECONDS)
        return dict(_reported(json.loads(done.stdout)["install"]))
    except (subprocess.SubprocessError, ValueError):
        return {}  # no pip here, no network, or a version that no registry has


def _reported(files: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    from packaging.utils import canonicalize_name

    for file in files:
        told, hashes = file["metadata"], file["download_info"].get("archive_info", {}).get("hashes", {})
        if "sha256" in hashes:
            yield f"{canonicalize_name(told['name'])}=={told['version']}", (hashes["sha256"],)


def _lines(hashes: Iterable[str]) -> str:
    return "".join(f" \\\n    --hash=sha256:{digest}" for digest in hashes)


def _needs(name: str, extra: str) -> Iterator[tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    for line in requires(name) or []:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            try:
                version(need.name)
            except PackageNotFoundError:
                continue
            yield from ((canonicalize_name(need.name), wanted) for wanted in ("", *need.extras))
