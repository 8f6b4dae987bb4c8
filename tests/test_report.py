"""The report in a real browser: whole on a phone's width, nothing from outside, all its parts there."""

from pathlib import Path
from typing import Any

import pytest
from tables import Bench, customers, houses

PARTS = [
    "How good it is",
    "Plots",
    "All metrics",
    "Where it does worse",
    "What drives it",
    "What was tried",
    "What was asked",
    "What was decided about the data",
    "What may give the target away",
    "What it was made from",
    "How to make it again",
]
PLOTS = {
    "binary": ["Confusion", "ROC", "Precision and recall", "Calibration"],
    "multiclass": ["Confusion", "ROC", "Precision and recall", "Calibration"],
    "regression": ["Actual and predicted", "Residuals"],
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One for each task, with a column whose name would like to be markup."""
    bench = Bench(tmp_path_factory.mktemp("report"))
    odd = '<img src=x onerror="document.title=1">'
    table = customers(600).rename(columns={"spend": odd})
    several = table.assign(level=(table["age"] // 21).map({0: "young", 1: "young", 2: "middle", 3: "old"}))
    tables = {"binary": (table, "left"), "multiclass": (several, "level"), "regression": (houses(400), "price")}
    found = {}
    for task, (frame, target) in tables.items():
        bench.prepared(frame, name=task, target=target)
        bench("train", dataset=task, estimators=["linear", "lightgbm"], time_limit=20)
        found[task] = Path(bench("evaluate", model=task).report)
    return found


@pytest.mark.needs_chromium
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("task", list(PLOTS))
def test_the_report_in_a_browser(reports: dict[str, Path], browser: Any, task: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(reports[task].as_uri())
    assert asked == [reports[task].as_uri()]
    assert said == []
    assert page.title() == f"{task}:1: {page.title().rpartition(' ')[2]}"
    headings = page.locator("h2").all_inner_texts()
    assert [part for part in PARTS if part not in headings] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for title in PLOTS[task]:
        box = page.locator(f'svg[aria-label="{title}"]').bounding_box()
        assert box is not None
        assert 200 < box["width"] <= width
    assert page.locator("img, script, iframe").count() == 0
    page.close()


def test_reports_hold_nothing_from_outside_and_no_markup_of_the_tables(reports: dict[str, Path]) -> None:
    for path in reports.values():
        text = path.read_text(encoding="utf-8")
        assert "<img" not in text
        assert "<script" not in text
        assert "url(http" not in text
    assert "&lt;img src=x" in reports["binary"].read_text(encoding="utf-8")
