"""A tool is declared once: schema, validation, command and docs follow from it."""

import pytest

import tools
from agent.docs import PAGE, page
from tools.core.errors import BadArguments, exit_code_of
from tools.core.tool import Args, Result, tool

EXIT_CODES = {
    "port_in_use": 1,
    "disk_full": 1,
    "busy": 1,
    "in_use": 1,
    "needs_extra": 1,
    "outcome_unknown": 1,
    "not_writable": 1,
    "internal": 1,
    "bad_arguments": 2,
    "bad_config": 2,
    "not_found": 2,
    "data_refused": 3,
    "question": 4,
    "approval_needed": 5,
    "declined": 5,
    "gate": 6,
    "unverified": 7,
    "limit": 8,
    "planner": 9,
    "interrupted": 130,
}


@pytest.mark.parametrize("name", tools.TOOLS)
def test_every_tool_is_described_and_typed(name: str) -> None:
    declared = tools.load(name)
    assert declared.name == name
    assert declared.description.endswith(".")
    assert issubclass(declared.args, Args)
    assert issubclass(declared.result, Result)
    assert "headline" in vars(declared.result) or "headline" in vars(declared.result.__mro__[1])
    assert all(field.description for field in declared.args.model_fields.values()), "an argument without a doc"
    assert declared.schema()["additionalProperties"] is False


@pytest.mark.parametrize("name", tools.TOOLS)
def test_an_unknown_argument_is_refused_with_those_it_takes(name: str) -> None:
    with pytest.raises(BadArguments, match="has no argument 'colour'"):
        tools.load(name).parse({"colour": 1, **dict.fromkeys(tools.load(name).positionals, "dataset")})


def test_numbers_in_texts_are_numbers_and_other_texts_are_not() -> None:
    assert tools.load("train").parse({"dataset": "churn", "time_limit": "60"}).model_dump()["time_limit"] == 60
    with pytest.raises(BadArguments, match="time_limit cannot be '60s'"):
        tools.load("train").parse({"dataset": "churn", "time_limit": "60s"})


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(BadArguments, match="preprocess needs 'dataset'"):
        tools.load("preprocess").parse({})


def test_declaring_a_tool_takes_a_function_and_its_types() -> None:
    class GreetArgs(Args):
        name: str
        """Whom."""

    class Greeting(Result):
        text: str

        def headline(self) -> str:
            return self.text

    @tool(effect="read")
    def greet(args: GreetArgs, context: object) -> Greeting:
        """Say hello."""
        return Greeting(text=f"Hello {args.name}")

    assert greet.positionals == ["name"]
    assert greet({"name": "Eki"}, None).document() == {"warnings": [], "text": "Hello Eki", "headline": "Hello Eki"}  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "expected"), EXIT_CODES.items())
def test_exit_codes_are_those_of_the_contract(code: str, expected: int) -> None:
    assert exit_code_of(code) == expected


def test_the_tools_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"
