"""The page at / in a real browser, against real deployments: form to bars, errors, a phone, hostile names, a key."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from tables import Bench, customers, houses

from service.page import page, page_headers

MARKUP = '</script><img src=x onerror="document.title=1"> & \'"{{x}}'
HOSTILE = [
    MARKUP,
    "__proto__",
    "客户 城市",
    "<!--script-->",
    "n" * 200,
    'quo"te',
    "line\u2028end",
    "back\\slash",
    "$x`${y}",
]


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Deployments: labels, a number, names and categories that would like to be markup, and one that needs a key."""
    bench = Bench(tmp_path_factory.mktemp("page"))
    tables = {"labels": (customers(300), "left"), "number": (houses(200), "price"), "hostile": (hostile(), "left")}
    found = {}
    for name, (frame, target) in tables.items():
        bench.prepared(frame, name=name, target=target)
        bench("train", dataset=name, estimators=["linear"], time_limit=20)
        found[name] = bench("deploy", model=name).url
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EKIBEN_SERVICE_KEY", "right")
        found["keyed"] = bench("deploy", model="labels", name="keyed").url
    yield found
    for name in found:
        bench("stop", deployment=name)


def hostile() -> pd.DataFrame:
    frame, random = customers(300)[["age", "left"]], np.random.default_rng(0)
    for number, name in enumerate(HOSTILE):
        frame[name] = random.integers(0, 90, len(frame)) if number % 2 else random.choice(HOSTILE, len(frame))
    frame["left"] = frame["left"].map({"yes": MARKUP, "no": "stays"})
    return frame


class Visit:
    """A page that was opened, where it asked for something, and what it complained about."""

    def __init__(self, browser: Any, url: str, width: int = 1280) -> None:
        self.page = browser.new_page()
        self.page.set_viewport_size({"width": width, "height": 800})
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(url)

    def predict(self) -> dict[str, Any]:
        """Press the button; what the service answered."""
        with self.page.expect_response("**/predict") as waited:
            self.page.get_by_role("button", name="Predict").click()
        self.page.wait_for_selector(".prediction, .failure")
        found: dict[str, Any] = waited.value.json()
        return found

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).inner_text())

    def call(self, language: str) -> str:
        self.page.get_by_label(language, exact=True).check(force=True)
        return self.text("#call")


@pytest.mark.needs_chromium
@pytest.mark.parametrize("width", [360, 1280])
def test_the_form_shows_what_the_service_answers(urls: dict[str, str], browser: Any, width: int) -> None:
    visit = Visit(browser, urls["labels"], width)
    assert "labels.csv, labels:1" in visit.text(".facts")
    answer = visit.predict()
    chances = answer["probabilities"][0]
    assert visit.text(".prediction") == answer["predictions"][0]
    shown = visit.page.locator(".bars li")
    assert shown.count() == len(chances)
    for line in shown.all():
        label = line.locator("span").inner_text()
        assert float(line.locator("data").get_attribute("value")) == chances[label]
        assert line.locator("data").inner_text() == f"{100 * chances[label]:.1f} %"
        visit.page.wait_for_function("!document.getAnimations().length")
        track, fill = (line.locator(part).bounding_box() for part in (".track", ".fill"))
        assert fill["width"] / track["width"] == pytest.approx(chances[label], abs=0.01)
    visit.page.get_by_text("The answer as JSON").click()
    assert json.loads(visit.text("#answer pre")) == answer
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert set(visit.asked) == {urls["labels"] + "/", urls["labels"] + "/predict"} and visit.said == []
    visit.page.close()


@pytest.mark.needs_chromium
def test_a_number_is_shown_with_all_its_digits(urls: dict[str, str], browser: Any) -> None:
    visit = Visit(browser, urls["number"])
    answer = visit.predict()
    assert float(visit.text(".exactly").removeprefix("exactly ")) == answer["predictions"][0]
    shown = float(visit.text(".prediction").replace(",", ""))
    assert shown == pytest.approx(answer["predictions"][0], rel=1e-5)
    assert visit.page.locator(".bars").count() == 0
    visit.page.close()


@pytest.mark.needs_chromium
def test_an_error_stands_beside_the_input_that_it_names(urls: dict[str, str], browser: Any) -> None:
    visit = Visit(browser, urls["labels"], 360)
    age = visit.page.get_by_label("age", exact=True)
    age.fill("")
    error = visit.predict()["error"]
    assert error["column"] == "age"
    beside = visit.page.locator(".field", has=age).locator(".wrong")
    assert beside.inner_text() == error["message"]
    assert age.get_attribute("aria-invalid") == "true" and age.evaluate("it => it === document.activeElement")
    age.fill("35")
    assert visit.predict()["predictions"]
    assert beside.is_hidden() and age.get_attribute("aria-invalid") is None
    visit.page.close()


@pytest.mark.needs_chromium
def test_what_may_be_missing_can_be_emptied_and_comes_back(urls: dict[str, str], browser: Any) -> None:
    visit = Visit(browser, urls["labels"])
    spend = visit.page.get_by_label("spend", exact=True)
    example = spend.input_value()
    spend.fill("")
    with visit.page.expect_request("**/predict") as sent:
        assert visit.predict()["predictions"]
    row = sent.value.post_data_json["rows"][0]
    assert row["spend"] is None and row["active"] in (True, False) and isinstance(row["age"], int)
    visit.page.get_by_role("button", name="Back to the example").click()
    assert spend.input_value() == example
    visit.page.close()


@pytest.mark.needs_chromium
def test_everything_can_be_done_with_the_keyboard(urls: dict[str, str], browser: Any) -> None:
    visit = Visit(browser, urls["labels"])
    for control in visit.page.locator("input, select, textarea").all():
        assert control.evaluate("it => it.labels.length") == 1
    visit.page.get_by_label("age", exact=True).focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".prediction")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.labels[0].textContent") == "plan"
    visit.page.close()


@pytest.mark.needs_chromium
@pytest.mark.parametrize("width", [360, 1280])
def test_hostile_names_are_text(urls: dict[str, str], browser: Any, width: int) -> None:
    visit = Visit(browser, urls["hostile"], width)
    labels = visit.page.locator(".field label").all_text_contents()
    assert set(labels) == {"age", *HOSTILE}
    assert visit.page.title() == "hostile:1"
    assert MARKUP in visit.text(".about")
    answer = visit.predict()
    assert visit.text(".prediction") == answer["predictions"][0]
    visit.page.get_by_label("__proto__", exact=True).fill("")
    assert visit.predict()["error"]["column"] == "__proto__"
    visit.page.get_by_label("__proto__", exact=True).fill("7")
    assert visit.predict()["predictions"]
    assert visit.page.locator("img, iframe").count() == 0 and visit.page.locator("script").count() == 2
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert set(visit.asked) == {urls["hostile"] + "/", urls["hostile"] + "/predict"}
    assert [line for line in visit.said if "422" not in line] == []
    visit.page.close()


@pytest.mark.needs_chromium
@pytest.mark.parametrize("name", ["labels", "hostile"])
def test_the_calls_can_be_pasted(urls: dict[str, str], browser: Any, name: str) -> None:
    visit = Visit(browser, urls[name])
    wanted = visit.predict()["probabilities"]
    curl = subprocess.run(["bash", "-c", visit.call("curl")], capture_output=True, text=True, check=True)
    assert json.loads(curl.stdout)["probabilities"] == wanted
    told = visit.call("Python").replace("print(json.load(response))", "print(json.dumps(json.load(response)))")
    python = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert json.loads(python.stdout)["probabilities"] == wanted
    script = visit.call("JavaScript").replace("console.log(", "return (")
    assert visit.page.evaluate(f"(async () => {{ {script} }})()")["probabilities"] == wanted
    visit.page.close()


@pytest.fixture
def locked(urls: dict[str, str]) -> Iterator[str]:
    """The first deployment behind a key, as a service with EKIBEN_SERVICE_KEY answers."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(httpx.get(urls["labels"]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["authorization"] == "Bearer right":
                self.answer(httpx.post(urls["labels"] + "/predict", content=body))
            else:
                self.answer(httpx.Response(401, json={"error": {"message": "A key is needed.", "column": None}}))

        def answer(self, reply: httpx.Response) -> None:
            self.send_response(reply.status_code)
            for name in ("content-type", "content-security-policy"):
                if name in reply.headers:
                    self.send_header(name, reply.headers[name])
            self.end_headers()
            self.wfile.write(reply.content)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as door:
        serving = threading.Thread(target=door.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{door.server_port}"
        door.shutdown()
        serving.join()


@pytest.mark.needs_chromium
def test_a_key_can_be_typed_where_one_is_needed(locked: str, browser: Any) -> None:
    visit = Visit(browser, locked)
    key = visit.page.get_by_label("Service key")
    assert key.is_hidden()
    visit.predict()
    assert visit.text(".failure") == "A key is needed." and key.is_visible()
    key.fill("wrong")
    visit.predict()
    assert visit.text(".failure") == "This is not the service's key."
    key.fill("right")
    assert visit.predict()["predictions"]
    assert "$EKIBEN_SERVICE_KEY" in visit.call("curl") and "right" not in visit.call("Python")
    visit.page.reload()
    assert visit.predict()["predictions"], "kept in this tab"
    assert visit.page.evaluate("localStorage.length") == 0 and visit.page.context.cookies() == []
    visit.page.close()


@pytest.mark.needs_chromium
def test_a_browser_that_was_let_in_by_password_needs_no_other_key(urls: dict[str, str], browser: Any) -> None:
    assert httpx.get(urls["keyed"]).status_code == 401
    context = browser.new_context(http_credentials={"username": "any", "password": "right"})
    visit = Visit(context, urls["keyed"])
    assert visit.predict()["predictions"] and visit.page.get_by_label("Service key").is_hidden()
    context.close()


def test_the_policy_lets_nothing_in_and_the_page_asks_for_nothing(urls: dict[str, str]) -> None:
    reply = httpx.get(urls["labels"])
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy
    assert dict(page_headers())[b"content-security-policy"].decode() == policy
    assert "://" not in reply.text and " src=" not in reply.text and "style=" not in reply.text


def wide() -> str:
    """The page of a model of 300 columns that an older version trained, whose facts lack much."""
    columns = [
        {"name": f"c{n}" * 40, "kind": "categorical", "missing": True, "categories": [f"v{k}" * n for k in range(n)]}
        for n in range(300)
    ]
    facts = {"model": "old:2", "target": "t" * 200, "task": "regression", "labels": []}
    return page(facts | {"inputs": {"columns": columns, "ignored": ["t"]}})


def test_a_wide_model_and_one_that_an_older_version_trained() -> None:
    text = wide()
    assert text.count('<div class="field">') == 300 and "version 2" in text
    assert '<dl class="facts"></dl>' in text


@pytest.mark.needs_chromium
def test_a_wide_model_fits_a_phone(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "wide.html").write_text(wide(), encoding="utf-8")
    visit = Visit(browser, (tmp_path / "wide.html").as_uri(), 360)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360 and visit.said == []
    button = visit.page.get_by_role("button", name="Predict").bounding_box()
    assert button["y"] + button["height"] <= 800, "in sight without scrolling past 300 inputs"
    visit.page.close()
