"""A request's body: read as JSON, brought to rows, refused in a sentence where it is something else."""

import codecs
import json
import math
from typing import Any

import msgspec

from service.limits import MOST_ROWS
from service.rows import Problem

SHAPE = 'a JSON object {"rows": [{column: value, …}, …]}'


class Refused(Exception):
    """A request that gets an error: its HTTP status and the one error shape."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.message)
        self.status = status
        self.problem = problem


def read_rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of a request's body; Refused when it is not JSON, has another shape, no rows or too many."""
    try:
        posted = _decode(body)
    except (ValueError, RecursionError) as exc:
        message = "The body is not JSON. NaN and Infinity are not JSON either: send null for what is missing."
        raise Refused(400, Problem("not_json", message, accepted=SHAPE)) from exc
    rows = posted.get("rows") if isinstance(posted, dict) else None
    if not isinstance(rows, list) or not rows:
        raise Refused(422, Problem("no_rows", "The body has no rows.", accepted=SHAPE))
    if len(rows) > MOST_ROWS:
        message = f"{len(rows)} rows are too many for one request."
        raise Refused(413, Problem("too_many_rows", message, accepted=f"at most {MOST_ROWS} rows"))
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Refused(422, Problem("wrong_type", f"Row {number} is not an object.", number, accepted=SHAPE))
    return rows


def _decode(body: bytes) -> Any:
    """JSON at msgspec's speed; where it refuses a number's size, the row checks shall say which one it is."""
    try:
        return msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8))
    except msgspec.ValidationError:
        posted = json.loads(body.decode("utf-8-sig"), parse_int=_whole, parse_constant=_refuse_constant)
        json.dumps(posted, ensure_ascii=False).encode()  # refuses half a surrogate pair, as msgspec does
        return posted


def _whole(digits: str) -> int | float:
    """A whole number; one that no float holds is infinite, and turning a million digits into one takes long."""
    return int(digits) if len(digits) < 400 else math.copysign(math.inf, -1 if digits[0] == "-" else 1)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
