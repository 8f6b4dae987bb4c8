"""/docs.json of a real deployment: schemathesis finds nothing, and the row schema takes what the service takes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import numpy as np
import pandas as pd
import pytest
from conftest import clean_environment
from tables import Bench, customers, houses

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
VALUES: dict[str, list[Any]] = {
    "age": [40, 40.5, -1, 1e300, True, "40", "", None, [], {}],
    "spend": [1, None, "", " \u3000", "-", "x"],
    "fare": [3, "$3", "$ 1,234.50", "1,23", "EUR 3", "", None, True],
    "share": [3, "12.5%", "12.5", "a%"],
    "plan": ["plus", "another", 3, 2.5, True, "", "  ", None, [1]],
    "joined": ["2020-02-29", "2019-02-29", "2020-2-9", "2020-02-09T10:30+02:00", "29/02/2020", 20200229, "x"],
    "paid": ["29/02/2020 10:30", "29/02/2019 10:30", "31/04/2020 1:30", "2020-04-30", "2/29/2020 10:30", 5, None],
    "active": [True, False, 0, 1, 1.0, 2, -1, "yes", "NO", " y ", "maybe", "", None],
    "note": ["any text", 4, False, "", None],
    "left": [None, "yes", 5, [1, {"a": None}]],
    "country": [None, "FR", {}],
}  # fmt: skip
"""What may stand, and what may not, in each column of `table`."""


def table() -> pd.DataFrame:
    """Customers with money, percentages and days written the local way."""
    random, frame = np.random.default_rng(0), customers(400)
    return frame.assign(
        fare=[f"${number:,.2f}" for number in random.gamma(2, 900, len(frame))],
        share=[f"{number:.1f}%" for number in random.uniform(0, 100, len(frame))],
        paid=pd.date_range("2021-03-01", periods=len(frame), freq="7h").strftime("%d/%m/%Y %H:%M"),
    )


@dataclass(frozen=True)
class Served:
    """A deployment, its document and a row of it."""

    url: str
    docs: dict[str, Any]

    @property
    def row(self) -> dict[str, Any]:
        found: dict[str, Any] = self.docs["components"]["schemas"]["Request"]["examples"][0]["rows"][0]
        return found

    def valid(self, name: str, instance: Any) -> bool:
        """Whether an instance is as the document's schema of that name says."""
        root = {"$ref": f"#/components/schemas/{name}", "components": self.docs["components"]}
        return jsonschema_rs.is_valid(root, instance)

    def predict(self, row: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/predict", json={"rows": [row]}, timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """Two deployments: labels and a number."""
    bench = Bench(tmp_path_factory.mktemp("openapi"))
    found = {}
    for name, frame, target in (("labels", table(), "left"), ("number", houses(200), "price")):
        bench.prepared(frame, name=name, target=target)
        bench("train", dataset=name, estimators=["linear"], time_limit=20)
        url = bench("deploy", model=name).url
        found[name] = Served(url, httpx.get(f"{url}/docs.json", timeout=60).json())
    yield found
    for name in found:
        bench("stop", deployment=name)


@pytest.mark.parametrize("name", ["labels", "number"])
def test_schemathesis_finds_nothing(served: dict[str, Served], name: str, tmp_path: Path) -> None:
    told = ["run", f"{served[name].url}/docs.json", "--checks", "all", "--mode", "all", "--max-examples", "15"]
    done = subprocess.run(
        [SCHEMATHESIS, *told, "--generation-deterministic", "--no-color"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout and "8 selected / 8 total" in done.stdout, done.stdout


@pytest.mark.parametrize("column", list(VALUES))
def test_the_row_schema_takes_what_the_service_takes(served: dict[str, Served], column: str) -> None:
    labels = served["labels"]
    for value in VALUES[column]:
        row = labels.row | {column: value}
        assert labels.valid("Row", row) == (labels.predict(row).status_code == 200), value
    row = {name: value for name, value in labels.row.items() if name != column}
    assert labels.valid("Row", row) == (labels.predict(row).status_code == 200), "absent"


def test_the_example_is_answered_as_the_document_says(served: dict[str, Served]) -> None:
    for each in served.values():
        reply = each.predict(each.row)
        assert reply.status_code == 200 and reply.json()["warnings"] == []
        assert each.valid("Answer", reply.json()) and each.valid("Request", {"rows": [each.row]})
        assert not each.valid("Answer", {**reply.json(), "more": 1})
    odd = served["labels"].predict(served["labels"].row | {"plan": "another", "colour": "red"}).json()
    assert [warning["column"] for warning in odd["warnings"]] == ["plan", "colour"]
    assert served["labels"].valid("Answer", odd)


def test_errors_are_as_the_document_says(served: dict[str, Served]) -> None:
    each = served["labels"]
    for reply in (each.predict({}), each.predict([]), httpx.post(f"{each.url}/predict", content=b"{")):
        told = each.docs["paths"]["/predict"]["post"]["responses"][str(reply.status_code)]["$ref"]
        assert told == f"#/components/responses/Error{reply.status_code}"
        assert each.valid("Error", reply.json()) and reply.headers["x-request-id"]
    headers = each.docs["components"]["responses"]["Error429"]["headers"]
    assert set(headers) == {"X-Request-Id", "Retry-After"}


def test_it_tells_what_the_model_needs(served: dict[str, Served]) -> None:
    docs = served["labels"].docs
    assert (docs["openapi"], docs["info"]["title"], docs["info"]["version"]) == ("3.1.0", "labels:1", "1")
    row = docs["components"]["schemas"]["Row"]
    said = {name: field["description"] for name, field in row["properties"].items()}
    assert said["age"] == "A number, from 18 to 79 in training."
    assert "basic, plus, pro" in said["plan"] and said["spend"].endswith("May be missing.")
    assert "%d/%m/%Y %H:%M" in said["paid"] and "ignored" in said["left"]
    assert set(row["required"]) == set(served["labels"].row) - {"spend"}
    assert docs["components"]["schemas"]["Answer"]["properties"]["predictions"]["items"] == {"enum": ["no", "yes"]}
    assert set(docs["paths"]) == {"/predict", "/", "/docs.json", "/livez", "/readyz", "/metrics"}
    refused = {"400", "401", "413", "422", "429", "500", "503", "504"}
    assert set(docs["paths"]["/predict"]["post"]["responses"]) == {"200"} | refused
    assert docs["security"] == [{}, {"key": []}, {"password": []}]
    assert "://" not in json.dumps(docs)
