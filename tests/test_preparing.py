"""Wishes for preparing a table, in English and Chinese: what a request says of gaps, kinds, rows and new columns."""

# A request and what it means are read best on one line.
# ruff: noqa: E501

from typing import Any

import pytest

from agent.understanding import MemoryWorld, TableFacts, explain, understand
from agent.understanding.canonical import render
from agent.understanding.changes import changed
from agent.understanding.writing import spaced
from tools.core.plan import Plan, Question
from tools.preprocess import PreprocessArgs

TOOLS = {
    "profile": ["path", "name", "separator", "encoding", "header", "sheet"],
    "preprocess": list(PreprocessArgs.model_fields),
    "train": ["dataset", "metric", "time_limit", "estimators", "seed", "name"],
    "evaluate": ["model", "path"],
    "package": ["model", "name"],
    "deploy": ["model", "name", "host", "port"],
    "logs": ["deployment", "lines"],
}
HOUSES = ["area", "rooms", "zip", "year", "sale_date", "region", "Home Town", "calls", "months", "price"]
CHURN = ["customerID", "gender", "SeniorCitizen", "tenure", "Contract", "MonthlyCharges", "TotalCharges", "Churn"]
TERMS = ["Month-to-month", "One year", "Two year"]
WORLD = MemoryWorld(
    TOOLS,
    {
        "houses.csv": TableFacts(
            HOUSES,
            ["price"],
            {"region": ["north", "south", "test"]},
            {"zip": "numeric", "sale_date": "datetime", "Home Town": "text"},
        ),
        "sales.csv": TableFacts(["day", "amount", "kind"], ["amount"], {"kind": ["a", "b"]}, {"day": "datetime"}),
        "churn.csv": TableFacts(
            CHURN,
            ["Churn"],
            {"Churn": ["No", "Yes"], "gender": ["Female", "Male"], "Contract": TERMS},
            {"customerID": "id"},
        ),
        "客户.csv": TableFacts(
            ["客户编号", "性别", "年龄", "月消费金额", "注册日期", "是否流失"],
            ["是否流失"],
            {"是否流失": ["是", "否"], "性别": ["男", "女"]},
            {"注册日期": "datetime"},
        ),
    },
    {"deployment": ["churn"], "model": ["churn:1"]},
    {"churn": CHURN},
    {"churn": [1]},
)
UNDERSTOOD: list[tuple[str, dict[str, Any]]] = [
    ("train on houses.csv, fill the gaps with the median, scale everything, treat zip as a category, only rows from 2020 on",
     {"impute": "median", "scale": "standard", "kinds": ["zip=categorical"], "where": "year >= 2020"}),
    # gaps
    ("train on churn.csv, impute missing values with the median", {"impute": "median"}),
    ("train and deploy on houses.csv, fill missing values with the mean, at port 8080", {"impute": "mean"}),
    ("preprocess houses.csv, fill missing values with the most frequent value", {"impute": "most_frequent"}),
    ("train on houses.csv, replace missing values by the average", {"impute": "mean"}),
    ("train on houses.csv, missing values: median", {"impute": "median"}),
    ("train on houses.csv using median imputation and min-max scaling", {"impute": "median", "scale": "minmax"}),
    ("Train on churn.csv. Only use rows with tenure > 5. Fill missing values with the mean.", {"impute": "mean", "where": "tenure > 5"}),
    ("train on churn.csv, weight rows by tenure, positive class Yes, fill gaps with zeros", {"impute": "constant", "weight_column": "tenure", "positive": "Yes"}),
    ("train on houses.csv, no imputation, no scaling", {"impute": "none", "scale": "none"}),
    ("用 churn.csv 训练，缺失值用中位数填充", {"impute": "median"}),
    ("用 houses.csv 训练并部署，缺失值填 0，端口 8080", {"impute": "constant"}),
    ("训练 houses.csv，类别用独热编码，数值列做标准化，空值补均值，去掉 rooms", {"impute": "mean", "scale": "standard", "encode": "onehot", "drop": ["rooms"]}),
    ("用 churn.csv 训练，归一化，不填充缺失值", {"impute": "none", "scale": "minmax"}),
    # scaling and encoding
    ("train on houses.csv, scale the features to 0-1", {"scale": "minmax"}),
    ("train on churn.csv, one-hot encode the categories and standardize the numeric columns", {"encode": "onehot", "scale": "standard"}),
    ("train on churn.csv with target encoding", {"encode": "target"}),
    ("train on houses.csv, ordinal encoding please", {"encode": "ordinal"}),
    ("I want to predict Churn from churn.csv. Please ignore gender, and one-hot encode everything.", {"encode": "onehot", "drop": ["gender"]}),
    ("用 churn.csv 训练，目标编码", {"encode": "target"}),
    # kinds
    ("train churn.csv; treat tenure as a category; drop customerID", {"kinds": ["tenure=categorical"], "drop": ["customerID"]}),
    ("train on houses.csv, zip is a category, Home Town is text", {"kinds": ["zip=categorical", "Home Town=text"]}),
    ('train on houses.csv, read "zip" as text and leave the gaps as they are', {"kinds": ["zip=text"], "impute": "none"}),
    ("train on houses.csv, zip and year should be treated as categories", {"kinds": ["zip=categorical", "year=categorical"]}),
    ("train on houses.csv; zip is categorical, not a number", {"kinds": ["zip=categorical"]}),
    ("用 churn.csv 训练，缺失值用均值填充，数值列标准化，把 SeniorCitizen 当作类别", {"impute": "mean", "scale": "standard", "kinds": ["SeniorCitizen=categorical"]}),
    ("用 houses.csv 训练，zip 按类别处理，独热编码", {"kinds": ["zip=categorical"], "encode": "onehot"}),
    ("用 houses.csv 建模，目标 price，把 zip 和 year 都当成类别，数值归一化到 0 到 1", {"kinds": ["zip=categorical", "year=categorical"], "scale": "minmax"}),
    # columns
    ("train on houses.csv, use only area and rooms as features", {"drop": ["zip", "year", "sale_date", "region", "Home Town", "calls", "months"]}),
    ("train on churn.csv using tenure and Contract only", {"drop": ["customerID", "gender", "SeniorCitizen", "MonthlyCharges", "TotalCharges"]}),
    ("用客户.csv训练，特征只保留年龄和月消费金额", {"drop": ["客户编号", "性别", "注册日期"]}),
    # words for missing
    ("train on churn.csv, ? means missing", {"missing": ["?"]}),
    ("train on churn.csv, treat -999 and ? as missing", {"missing": ["-999", "?"]}),
    ('train on houses.csv, "N/A" and "-1" mean missing', {"missing": ["N/A", "-1"]}),
    ("train on houses.csv, missing values are coded as -999", {"missing": ["-999"]}),
    ("用 churn.csv 训练，把 ? 当作缺失值", {"missing": ["?"]}),
    ("用 churn.csv 训练，-999 表示缺失", {"missing": ["-999"]}),
    ("用 houses.csv 训练，“无” 和 “-1” 都表示缺失", {"missing": ["无", "-1"]}),
    ("用 houses.csv 训练，把未知当作缺失值", {"missing": ["未知"]}),
    # rows
    ("train on churn.csv where tenure > 12", {"where": "tenure > 12"}),
    ('train on houses.csv where year >= 2020 and region != "test"', {"where": 'year >= 2020 and region != "test"'}),
    ("train on churn.csv, only customers with tenure over 12", {"where": "tenure > 12"}),
    ("train on churn.csv, only rows where tenure is at least 12 and gender is female", {"where": 'tenure >= 12 and gender == "Female"'}),
    ("train on churn.csv, exclude customers with tenure below 3", {"where": "not (tenure < 3)"}),
    ("train on churn.csv but drop rows where Contract is Two year", {"where": 'not (Contract == "Two year")'}),
    ("train on churn.csv, only female customers", {"where": 'gender == "Female"'}),
    ("build a model on houses.csv predicting price, but only for region north", {"where": 'region == "north"'}),
    ("train on houses.csv, filter out rows where area < 10", {"where": "not (area < 10)"}),
    ("train on houses.csv, keep only rows with area above 50 or rooms at least 2", {"where": "area > 50 or rooms >= 2"}),
    ("train on houses.csv, predict price, without rooms, only rows where area is between 20 and 200", {"where": "area >= 20 and area <= 200", "drop": ["rooms"]}),
    ('train on houses.csv, only rows where Home Town contains "burg"', {"where": 'contains(`Home Town`, "burg")'}),
    ('train on houses.csv where contains(`Home Town`, "burg")', {"where": 'contains(`Home Town`, "burg")'}),
    ("train on houses.csv, ignore rows where zip is missing", {"where": "not (missing(zip))"}),
    ("train on houses.csv, only rows since 2019", {"where": "year >= 2019"}),
    ("train on houses.csv, only rows between 2018 and 2020", {"where": "year >= 2018 and year <= 2020"}),
    ("train on houses.csv, only rows before 2018", {"where": "year < 2018"}),
    ("train on sales.csv, only rows from 2020 on", {"where": "year(day) >= 2020"}),
    ("train on sales.csv, only rows since 2020-03-01", {"where": 'day >= "2020-03-01"'}),
    ("用 houses.csv 训练，只用 2020 年以后的行", {"where": "year >= 2020"}),
    ("用 houses.csv 训练，2020年及以后的数据", {"where": "year >= 2020"}),
    ("用 houses.csv 训练，目标列 price，只用 2020 年的数据", {"where": "year == 2020"}),
    ("用 houses.csv 训练，只看2018到2020年的数据", {"where": "year >= 2018 and year <= 2020"}),
    ("用 churn.csv 训练，只要 tenure 大于 12 的客户", {"where": "tenure > 12"}),
    ("用 churn.csv 训练，去掉 tenure 小于 3 的行", {"where": "not (tenure < 3)"}),
    ("用 churn.csv 训练，条件是 tenure > 12", {"where": "tenure > 12"}),
    ("用客户.csv训练，只用年龄大于30岁的客户", {"where": "年龄 > 30"}),
    ("用客户.csv训练，只用女客户", {"where": '性别 == "女"'}),
    ("用客户.csv训练，只用2021年以后的数据，空值用众数填充", {"where": "year(注册日期) >= 2021", "impute": "most_frequent"}),
    ("用 houses.csv 训练，过滤掉 region 等于 test 的数据", {"where": 'not (region == "test")'}),
    ("用 houses.csv 训练，只用 area 大于 50 且 rooms 不少于 2 的数据", {"where": "area > 50 and rooms >= 2"}),
    ("用 houses.csv 训练，只保留 area 在 20 到 200 之间的行", {"where": "area >= 20 and area <= 200"}),
    # new columns
    ("train on churn.csv, add a column per_month = TotalCharges / tenure", {"derive": ["per_month = TotalCharges / tenure"]}),
    ("train on churn.csv with charge_ratio = TotalCharges / MonthlyCharges and without customerID", {"derive": ["charge_ratio = TotalCharges / MonthlyCharges"], "drop": ["customerID"]}),
    ("train on houses.csv, create a feature called density = calls / area and drop rooms", {"derive": ["density = calls / area"], "drop": ["rooms"]}),
    ("train on houses.csv, add the log of area", {"derive": ["log_area = log(area)"]}),
    ("train on houses.csv, use the weekday of sale_date", {"derive": ["sale_date_weekday = weekday(sale_date)"]}),
    ("train on houses.csv, calls divided by months", {"derive": ["calls_per_months = calls / months"]}),
    ("train on houses.csv, add the ratio of calls to months", {"derive": ["calls_per_months = calls / months"]}),
    ("用客户.csv训练，新增列 人均 = 月消费金额 / 年龄", {"derive": ["人均 = 月消费金额 / 年龄"]}),
    ("用客户.csv训练，对月消费金额取对数", {"derive": ["log_月消费金额 = log(月消费金额)"]}),
    ("用客户.csv训练，提取注册日期的月份", {"derive": ["注册日期_month = month(注册日期)"]}),
    ("用客户.csv训练，新增注册日期的星期几作为特征", {"derive": ["注册日期_weekday = weekday(注册日期)"]}),
    ("用客户.csv训练，用月消费金额除以年龄作为新特征", {"derive": ["月消费金额_per_年龄 = 月消费金额 / 年龄"]}),
    ("用 churn.csv 训练，权重列 tenure，正类是 Yes", {"weight_column": "tenure", "positive": "Yes"}),
]  # fmt: skip
ASKED = {
    "train on churn.csv, normalize the features": "more than one way",
    "train on houses.csv, only rows from 2020": "more than one way",
    "train on houses.csv where yeer > 3": "The nearest is 'year'",
    "train on houses.csv where region > 3": "'region' is a text",
    "train on houses.csv, add a column x = region * 2": "'region' is a text",
    "train on houses.csv, only rows where region is west": "no value of region",
    "train on churn.csv, only rows from 2020 on": "Which column tells the time",
    "train on houses.csv, fill area with the median": "fill area with the median",
    "train on houses.csv, only rows after 2019 and before 2022": "before 2022",
    "用 churn.csv 训练，只用 2020 年以后的行": "哪一列的时间",
    "用 houses.csv 训练，条件是 region > 3": "和表格对不上",
    "train on hauses.csv, fill the gaps with the mean": "There is no table 'hauses.csv'",
    "用 hauses.csv 训练，缺失值用中位数填充": "没有表格“hauses.csv”",
}


@pytest.mark.parametrize(("request_text", "wanted"), UNDERSTOOD, ids=[r for r, _ in UNDERSTOOD])
def test_a_wish_becomes_its_argument(request_text: str, wanted: dict[str, Any]) -> None:
    found = explain(request_text, WORLD)
    assert isinstance(found.outcome, Plan), found.outcome
    step = next(s for s in found.outcome.plan if s.tool == "preprocess")
    assert {k: v for k, v in step.args.items() if k not in ("dataset", "name", "target", "task")} == wanted
    PreprocessArgs.model_validate(step.args)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("request_text", [r for r, _ in UNDERSTOOD])
def test_the_canonical_request_means_the_same(request_text: str, language: str) -> None:
    plan = understand(request_text, WORLD)
    assert isinstance(plan, Plan)
    again = understand(render(plan, language), WORLD)
    assert isinstance(again, Plan), (render(plan, language), again)
    assert [(s.tool, s.args) for s in again.plan] == [(s.tool, s.args) for s in plan.plan]


@pytest.mark.parametrize(("request_text", "said"), ASKED.items())
def test_what_is_unsure_or_does_not_fit_is_asked_about(request_text: str, said: str) -> None:
    question = understand(request_text, WORLD)
    assert isinstance(question, Question), question
    assert said in question.text


@pytest.mark.parametrize("request_text", ["show the log of churn", "what does the log of churn say?", "churn 的日志"])
def test_a_log_is_no_logarithm(request_text: str) -> None:
    plan = understand(request_text, WORLD)
    assert isinstance(plan, Plan)
    assert [s.tool for s in plan.plan] == ["logs"]


def test_blanks_around_operators_and_none_inside_texts() -> None:
    assert spaced('a>=3  and b=="x>=y" or `c  d`<2') == 'a >= 3 and b == "x>=y" or `c  d` < 2'


LAST = "train on churn.csv, target Churn, without customerID, fill gaps with the mean"
KEPT = 'train on churn, target "Churn", without "customerID", '
KEPT_ZH = '用 churn 训练，目标列 "Churn"，去掉 "customerID"，'
KNOWING = MemoryWorld(
    TOOLS, WORLD.tables, {"dataset": ["churn:1"], "prepared": ["churn:1"], "model": ["churn:1"]}, {"churn": CHURN}
)


@pytest.mark.parametrize(
    ("line", "request_text"),
    [
        (
            "now drop tenure and try again",
            'train on churn, target "Churn", without "customerID", "tenure", mean imputation',
        ),
        ("and treat SeniorCitizen as a category", KEPT + 'mean imputation, treat "SeniorCitizen" as categorical'),
        ("fill missing values with the median instead", KEPT + "median imputation"),
        ("only rows where tenure > 3", KEPT + "mean imputation, where tenure > 3"),
        ("with a random forest", KEPT + "mean imputation, with random_forest"),
        ("换成随机森林再试一次", KEPT_ZH + "缺失值用均值填充，用 random_forest"),
        ("缺失值用众数填充", KEPT_ZH + "缺失值用众数填充"),
        ("deploy it", None),
        ("how good is it?", None),
        ("write a poem", None),
        ("train on houses.csv, target price", None),
    ],
)
def test_a_wish_on_its_own_changes_the_last_plan(line: str, request_text: str | None) -> None:
    last = understand(LAST, WORLD)
    assert isinstance(last, Plan)
    assert changed(line, last, KNOWING) == request_text
    if request_text:
        again = understand(request_text, KNOWING)
        assert isinstance(again, Plan)
        assert [s.tool for s in again.plan] == ["preprocess", "train"]


CLOSE_CALLS = [
    ("train on houses.csv, drop zip and rows with area under 3", {"drop": ["zip"], "where": "not (area < 3)"}),
    ("train on houses.csv, drop zip, rooms and houses with area under 500", {"drop": ["zip", "rooms"], "where": "not (area < 500)"}),
    ("train on houses.csv, target price, zip is categorical", {"kinds": ["zip=categorical"]}),
    ("train on houses.csv, target price, zip, rooms as categories", {"kinds": ["zip=categorical", "rooms=categorical"]}),
    ("用 houses.csv 训练，目标列 price，zip 当类别", {"kinds": ["zip=categorical"]}),
    ("train on churn.csv where Contract is One year or Two year and tenure > 12", {"where": 'Contract in ("One year", "Two year") and tenure > 12'}),
    ("train on churn.csv, only rows where Contract is not Two year or One year", {"where": 'Contract not in ("Two year", "One year")'}),
    ("train on churn.csv, only customers with tenure under 12 or over 60", {"where": "tenure < 12 or tenure > 60"}),
    ("train on churn.csv, only rows where tenure is greater than MonthlyCharges", {"where": "tenure > MonthlyCharges"}),
    ("train on houses.csv where price < 300,000", {"where": "price < 300000"}),
    ("train on houses.csv, only houses with at least 3 rooms", {"where": "rooms >= 3"}),
    ("train on houses.csv where price is over 200k", {"where": "price > 200000"}),
    ("用客户.csv训练，只用月消费金额大于1.5万的行", {"where": "月消费金额 > 15000"}),
    ("用客户.csv训练，只用月消费金额超过一百五的行", {"where": "月消费金额 > 150"}),
    ("用客户.csv训练，只用注册日期早于2018年的行", {"where": "year(注册日期) < 2018"}),
    ("用客户.csv训练，年龄小于18岁的不要", {"where": "not (年龄 < 18)"}),
    ("用客户.csv训练，年龄在25到45之间、性别是女的客户", {"where": '年龄 >= 25 and 年龄 <= 45 and 性别 == "女"'}),
    ("用客户.csv训练，三七分", {"test_fraction": 0.3}),
    ("train on houses.csv, use 90% for training", {"test_fraction": 0.1}),
    ("train on churn.csv, drop tenure but not MonthlyCharges", {"drop": ["tenure"]}),
    ("churn.csv, label Churn, no scaling, one-hot", {"scale": "none", "encode": "onehot"}),
]  # fmt: skip
NOT_SILENTLY = (
    "train on churn.csv, standardize the target", "train on houses.csv, ordinal encode region",
    "用客户.csv训练，月消费金额标准化", "train on houses.csv, use 20% of the data",
    "train on churn.csv, only rows where tenure > 1 year", "train on churn.csv, add the log of tenure plus one",
    "train on houses.csv, only rows where area is above average", "train on houses.csv, target price, add the log of price",
    "train on houses.csv, add the column area = area / 12", "train on churn.csv, only rows where Contract is above One year",
    "用客户.csv训练，忽略年龄之外的列", "train on houses.csv where price is under 0.3m",
)  # fmt: skip
"""Wishes that can only be granted half: a question, never a plan without them or with something else."""


@pytest.mark.parametrize(("request_text", "wanted"), CLOSE_CALLS, ids=[r for r, _ in CLOSE_CALLS])
def test_what_was_once_read_the_wrong_way_round(request_text: str, wanted: dict[str, Any]) -> None:
    test_a_wish_becomes_its_argument(request_text, wanted)


@pytest.mark.parametrize("request_text", NOT_SILENTLY)
def test_half_a_wish_is_asked_about(request_text: str) -> None:
    assert isinstance(understand(request_text, WORLD), Question)


@pytest.mark.parametrize(
    ("request_text", "wanted"),
    [
        ("profile houses.csv, no header", {"header": False}),
        ("profile houses.csv with separator ; and without a header", {"header": False, "separator": ";"}),
        ("读取 houses.csv，分隔符是分号，没有表头，编码 gbk", {"header": False, "separator": ";", "encoding": "gbk"}),
    ],
)
def test_how_a_file_is_written_is_no_column(request_text: str, wanted: dict[str, Any]) -> None:
    plan = understand(request_text, WORLD)
    assert isinstance(plan, Plan), plan
    assert {k: v for k, v in plan.plan[0].args.items() if k not in ("path", "name")} == wanted


@pytest.mark.parametrize(
    ("request_text", "name"),
    [
        ("用 houses.csv 训练，新增列 晚上 = rooms > 20", "晚上"),
        ("train on houses.csv, add a column daily = calls / 30", "daily"),
        ("train on houses.csv, add a column schedule = calls / months", "schedule"),
    ],
)
def test_the_name_of_a_new_column_asks_for_nothing_else(request_text: str, name: str) -> None:
    plan = understand(request_text, WORLD)
    assert isinstance(plan, Plan), plan
    assert plan.plan[1].args["derive"][0].startswith(f"{name} = ")


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        ("新增列 大额 = `金额（元）` > 2000", {"derive": ["大额 = `金额（元）` > 2000"]}),
        ("去掉 金额（元）", {"drop": ["金额（元）"]}),
        ("去掉 Age (years)", {"drop": ["Age (years)"]}),
        ("只用 金额（元） 大于 2000 的行", {"where": "`金额（元）` > 2000"}),
    ],
)
def test_a_column_with_marks_in_its_name_is_named_as_it_is(wish: str, wanted: dict[str, Any]) -> None:
    world = MemoryWorld(TOOLS, {"客户.csv": TableFacts(["金额（元）", "Age (years)", "流失"], ["流失"])})
    plan = understand(f"用 客户.csv 训练，目标是 流失，{wish}", world)
    assert isinstance(plan, Plan), plan
    assert {k: v for k, v in plan.plan[1].args.items() if k in ("derive", "drop", "where")} == wanted
