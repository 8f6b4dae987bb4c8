"""The folder in which every request of the scorecard is made: tables that are real, artifacts that are only records."""

import csv
import itertools
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

ROWS = 120
Cell = Callable[[random.Random, int], object]


def _among(*values: object) -> Cell:
    return lambda dice, _: dice.choice(values)


def _between(low: int, high: int) -> Cell:
    return lambda dice, _: dice.randint(low, high)


def _amount(low: float, high: float) -> Cell:
    return lambda dice, _: round(dice.uniform(low, high), 2)


def _numbered(form: str) -> Cell:
    return lambda _, at: form.format(at)


def _day(dice: random.Random, _: int) -> str:
    return f"{dice.randint(2019, 2024)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"


YES, SHI = _among("Yes", "No", "No"), _among("是", "否", "否")
CHURN: dict[str, Cell] = {
    "customerID": _numbered("C{:05}-X"), "gender": _among("Female", "Male"), "SeniorCitizen": _among(0, 0, 1),
    "Partner": YES, "Dependents": YES, "tenure": _between(0, 72), "PhoneService": YES,
    "InternetService": _among("DSL", "Fiber optic", "No"), "Contract": _among("Month-to-month", "One year", "Two year"),
    "PaperlessBilling": YES,
    "PaymentMethod": _among("Electronic check", "Mailed check", "Bank transfer", "Credit card"),
    "MonthlyCharges": _amount(18, 119), "TotalCharges": _amount(18, 8600), "Churn": YES,
}  # fmt: skip
TABLES: dict[str, dict[str, Cell]] = {
    "churn.csv": CHURN,
    "new.csv": {name: cell for name, cell in CHURN.items() if name != "Churn"},
    "labels.csv": {name: CHURN[name] for name in ("customerID", "Churn")},
    "houses.csv": {
        "id": _numbered("{}"), "city": _among("Berlin", "Hamburg", "Munich"), "rooms": _between(1, 7),
        "area_m2": _amount(25, 260), "built": _between(1900, 2022), "garden": _among("yes", "no"), "sold_on": _day,
        "price": _amount(9e4, 2e6),
    },
    "people.csv": {
        "age": _between(18, 80), "education": _among("school", "bachelor", "master"),
        "job": _among("nurse", "clerk", "engineer"), "hours": _between(10, 60), "income_2023": _amount(8e3, 2e5),
        "household_income": _amount(9e3, 4e5),
    },
    "data/titanic.csv": {
        "PassengerId": _numbered("{}"), "Survived": _among(0, 0, 1), "Pclass": _between(1, 3),
        "Name": _numbered("Passenger, Mr. No {} of the boat"), "Sex": _among("male", "female"), "Age": _between(1, 80),
        "SibSp": _between(0, 3), "Parch": _between(0, 2), "Ticket": _numbered("A/5 {}"), "Fare": _amount(4, 512),
        "Cabin": _among("", "", "C85", "E46"), "Embarked": _among("S", "C", "Q"),
    },
    "客户流失.csv": {
        "客户编号": _numbered("K{:05}"), "性别": _among("男", "女"), "年龄": _between(18, 80),
        "会员等级": _among("普通", "银卡", "金卡"), "月消费": _amount(10, 2000),
        "合同类型": _among("月付", "一年", "两年"), "注册日期": _day, "是否流失": SHI,
    },
    "销售.csv": {
        "日期": _day, "门店": _among("东门店", "西门店", "南门店"), "商品": _among("茶", "咖啡", "果汁"),
        "单价": _amount(5, 60), "促销": SHI, "销量": _between(0, 400),
    },
}  # fmt: skip
NAMED = {"churn": "churn.csv", "houses": "houses.csv", "titanic": "data/titanic.csv", "kehuliushi": "客户流失.csv"}
MODELS = {"titanic": 1, "kehuliushi": 1, "houses": 2, "churn": 3}
"""Models, and as many datasets and prepared datasets, the newest last: each has the versions 1 to this one."""
BENTOS = ("houses:1", "churn:2", "churn:3")
REVISIONS = {"churn": 3, "houses": 2}
KINDS = {"dataset": "datasets", "prepared": "prepared", "model": "models"}


def lay_out(folder: Path) -> None:
    """Write the tables, and under .ekiben the records of what exists."""
    for place, columns in TABLES.items():
        _write_table(folder / place, columns)
    home, clock = folder / ".ekiben", itertools.count(1_700_000_000)
    for name, versions in MODELS.items():
        for version in range(1, versions + 1):
            for kind, plural in KINDS.items():
                _write_record(home / plural / name / str(version), next(clock), _record(kind, name, version))
    for tag in BENTOS:
        _write_record(home / "bentos" / tag.replace(":", "/"), next(clock), {})
    for name, last in REVISIONS.items():
        _write_history(home / "deployments" / name, name, last)


def _write_table(path: Path, columns: dict[str, Cell]) -> None:
    dice = random.Random(path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows([cell(dice, at) for cell in columns.values()] for at in range(1, ROWS + 1))


def _record(kind: str, name: str, version: int) -> dict[str, object]:
    """What the planner reads of it: a model leads to its prepared dataset, that one to its dataset's columns."""
    if kind != "dataset":
        return {"model": {"prepared": f"{name}:{version}"}, "prepared": {"dataset": f"{name}:{version}"}}[kind]
    columns = TABLES[NAMED[name]]
    return {"columns": [{"name": column, **_form(name, column)} for column in columns]}


def _form(name: str, column: str) -> dict[str, object]:
    cell = TABLES[NAMED[name]][column](random.Random(column), 1)
    number = not isinstance(cell, str)
    kind = "numeric" if number else "datetime" if TABLES[NAMED[name]][column] is _day else "categorical"
    return {"kind": kind, "storage": "real" if number else "text", "missing": 0, "unique": 9}


def _write_record(folder: Path, made: int, record: dict[str, object]) -> None:
    folder.mkdir(parents=True)
    file = folder / "record.json"
    file.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    os.utime(file, (made, made))


def _write_history(folder: Path, name: str, last: int) -> None:
    """The lines of a deployment whose newest revision is live."""
    folder.mkdir(parents=True)
    lines = [
        {"at": f"2026-01-0{at}T00:00:00Z", "event": "deploy", "revision": at, "model": f"{name}:{at}"}
        for at in range(1, last + 1)
    ]
    (folder / "record.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
