"""What a Bento needs besides Python, pinned to the versions that are installed here."""

from collections.abc import Iterator, Sequence

SERVING = ("bentoml", "httptools", "msgspec", "numpy", "uvicorn", "uvloop")
"""What every service needs; with what these need."""


def pinned(more: Sequence[str] = ()) -> list[str]:
    """`name==version` of all that serving needs, and of `more`, as installed here, sorted."""
    found: dict[str, str] = {}
    waiting = [*SERVING, *more]
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = installed(name)
            waiting += _needs(name)
    return sorted(f"{name}=={version}" for name, version in found.items())


def installed(name: str) -> str:
    """The version of a distribution here."""
    from importlib.metadata import version

    return version(name)


def _needs(name: str) -> Iterator[str]:
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    for line in requires(name) or []:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            try:
                version(need.name)
            except PackageNotFoundError:
                continue
            yield need.name
