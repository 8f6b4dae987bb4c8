"""The proof of a revision: sample rows sent to each of its private sockets get the model's own answers."""

import http.client
import json
import math
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tools.core.errors import Unverified
from tools.core.files import read_json

if TYPE_CHECKING:
    from tools.core.serving.deployments import Deployment

TOLERANCE = 1e-9
PROOF_SECONDS = 60
UNCHANGED = "What was live before still is."


class Proof(BaseModel):
    """Sample rows that were sent, and how many got the model's own answer."""

    rows: int
    equal: int


def prove_all(private: Sequence[str], deployment: "Deployment", revision: int) -> Proof:
    """Prove each process of a revision; Unverified where one differs."""
    sample = read_json(deployment.revision_folder(revision) / "sample.json")
    model = deployment.revision_record(revision)["model"]
    return [prove(place, sample, model) for place in private][-1]


def prove(private: str, sample: Mapping[str, Any], model: str) -> Proof:
    """Send sample rows to a private socket and compare with the model's own answers; Unverified where they differ."""
    answer = _post(private, sample["rows"])
    if answer.get("model") != model:
        raise Unverified(f"The service says it is {answer.get('model')!r}, not {model!r}.")
    own = sample["answers"]
    equal = 0
    for row, prediction in enumerate(answer["predictions"]):
        same = alike(prediction, own["predictions"][row])
        if same and own["probabilities"] is not None:
            values = list(answer["probabilities"][row].values())
            same = all(map(alike, values, own["probabilities"][row]))
        equal += same
    if equal < len(sample["rows"]):
        raise Unverified(
            f"The service answers {len(sample['rows']) - equal} of {len(sample['rows'])} sample rows differently "
            "from the model itself.",
            UNCHANGED,
        )
    return Proof(rows=len(sample["rows"]), equal=equal)


def alike(one: Any, other: Any) -> bool:
    """Equal labels, or numbers within 1e-9 of each other, relative where they are large."""
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


class _Private(http.client.HTTPConnection):
    """HTTP to a Unix socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PROOF_SECONDS)
        self.sock.connect(self.host)


def _post(private: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    connection = _Private(private)
    headers = {"Content-Type": "application/json", "Host": "private"}
    try:
        connection.request("POST", "/predict", json.dumps({"rows": rows}), headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as exc:
        raise Unverified(f"The service did not answer the sample rows: {exc}.", UNCHANGED) from exc
    finally:
        connection.close()
    if response.status != 200:
        raise Unverified(f"The service answers its sample rows with {response.status}.", body.decode()[:300])
    found: dict[str, Any] = json.loads(body)
    return found
