"""Everything that can go wrong, by who acts on it.

EkibenError
├── the person mends the command       BadArguments BadConfig NotFound              exit 2
├── the person mends the data          DataRefused                                  exit 3
├── the person answers                 NeedsAnswer                                  exit 4
│                                      ApprovalNeeded Declined                      exit 5
├── a gate or a proof said no          GateNotMet (6) Unverified (7)
├── a limit was reached                LimitReached                                 exit 8
├── the language model failed          PlannerFailed                                exit 9
├── somebody stopped it                Interrupted                                  exit 130
└── the machine is in the way          PortInUse DiskFull Busy InUse NeedsExtra
                                       OutcomeUnknown NotWritable Internal          exit 1

A message says what and which, a hint says what next. Errors of libraries are translated where they enter.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar


class EkibenError(Exception):
    """One clear sentence for the person, and the code that scripts see."""

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    told: str = ""
    """What a language model hears in place of message and hint, where they quote cells in ways that code cannot see."""

    def __init__(self, message: str, hint: str = "", argument: str | None = None, *, told: str = "") -> None:
        super().__init__(message)
        self.told = told
        self.message = message
        self.hint = hint
        self.argument = argument
        """The argument that a right answer would replace, if there is one."""

    def document(self) -> dict[str, Any]:
        """The error as `--json` prints it."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


class BadArguments(EkibenError):
    code = "bad_arguments"
    exit_code = 2


class BadConfig(EkibenError):
    code = "bad_config"
    exit_code = 2


class NotFound(EkibenError):
    code = "not_found"
    exit_code = 2


class DataRefused(EkibenError):
    code = "data_refused"
    exit_code = 3


class NeedsAnswer(EkibenError):
    """A question that only the person can answer; the answer becomes the named argument."""

    code = "question"
    exit_code = 4

    def __init__(self, argument: str, text: str, options: tuple[str, ...] | list[str] = ()) -> None:
        super().__init__(text, "Options: " + ", ".join(options) if options else "", argument)
        self.options = list(options)


class ApprovalNeeded(EkibenError):
    """A step that changes what is served, or deletes, waits for a yes; a yes sets `argument`, if one is named."""

    code = "approval_needed"
    exit_code = 5


class Declined(EkibenError):
    code = "declined"
    exit_code = 5


class GateNotMet(EkibenError):
    """A model was not good enough; `gate` holds what was measured, None where nothing could be."""

    code = "gate"
    exit_code = 6

    def __init__(self, message: str, hint: str = "", gate: dict[str, Any] | None = None) -> None:
        super().__init__(message, hint)
        self.gate = gate

    def document(self) -> dict[str, Any]:
        return {**super().document(), "gate": self.gate}


class Unverified(EkibenError):
    code = "unverified"
    exit_code = 7


class LimitReached(EkibenError):
    code = "limit"
    exit_code = 8


class PlannerFailed(EkibenError):
    code = "planner"
    exit_code = 9


class Interrupted(EkibenError):
    code = "interrupted"
    exit_code = 130


class PortInUse(EkibenError):
    code = "port_in_use"


class DiskFull(EkibenError):
    code = "disk_full"


class Busy(EkibenError):
    code = "busy"


class InUse(EkibenError):
    code = "in_use"


class NeedsExtra(EkibenError):
    code = "needs_extra"


class OutcomeUnknown(EkibenError):
    code = "outcome_unknown"


class NotWritable(EkibenError):
    code = "not_writable"


class Internal(EkibenError):
    """A bug: one honest sentence on the screen, its traceback in the workspace's log."""


def _family(kind: type[EkibenError]) -> Iterator[type[EkibenError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _family(child)


def exit_code_of(code: str) -> int:
    """The exit code that belongs to an error code; 1 for an unknown one."""
    return next((kind.exit_code for kind in _family(EkibenError) if kind.code == code), 1)


NO_SPACE = "No space left on device"


def disk_full(path: Path) -> DiskFull:
    """The disk that holds `path` is full."""
    return DiskFull(f"The disk that holds {str(path)!r} is full.", "Free some room, then run it again.")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write under `path` into DiskFull or NotWritable."""
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT) or NO_SPACE in str(exc):
            raise disk_full(path) from exc
        if isinstance(exc, PermissionError) or exc.errno in (errno.EROFS, errno.ENOTDIR):
            raise NotWritable(
                f"{str(path)!r} cannot be written.", "Choose another folder with --workspace DIR."
            ) from exc
        raise
