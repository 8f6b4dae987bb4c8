"""A tool is declared once: its arguments, its result, its effect. Schema, command, help and JSON follow from that."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.core.context import Context
from tools.core.errors import BadArguments
from tools.core.plain import one_line, plain

Effect = Literal["read", "write", "release", "destroy"]


class Args(BaseModel):
    """A tool's arguments. A required field is positional on the command line; the others are options."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    positional: ClassVar[tuple[str, ...]] = ()
    """Optional fields that the command line takes by position all the same."""


class Result(BaseModel):
    """What a tool found or made: typed facts, told to a person by `headline`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    many_lines: ClassVar[bool] = False
    """Whether the headline has lines, one a thing."""
    warnings: list[str] = []
    """Sentences that a person should read beside the result."""

    def headline(self) -> str:
        """The result's one sentence."""
        raise TypeError(f"{type(self).__name__} has no headline")

    def document(self) -> dict[str, Any]:
        """The result as `--json` prints it: its fields and its headline."""
        headline = plain(self.headline()) if self.many_lines else one_line(self.headline())
        warnings = [one_line(warning) for warning in self.warnings]
        return {**self.model_dump(mode="json"), "warnings": warnings, "headline": headline}


@dataclass(frozen=True)
class Tool:
    """A declared tool: call it with raw arguments, get its typed result."""

    name: str
    effect: Effect
    args: type[Args]
    result: type[Result]
    run: Callable[[Any, Context], Result]
    asks: Callable[[Any, Context], str] | None = None
    """What the person is asked before a release or destroy step, made from the typed arguments."""

    @property
    def description(self) -> str:
        """What it does, in one line."""
        return (self.run.__doc__ or "").strip().splitlines()[0]

    @property
    def positionals(self) -> list[str]:
        """The arguments that the command line takes by position, in order."""
        fields = self.args.model_fields
        return [n for n, f in fields.items() if f.is_required() or n in self.args.positional]

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments, as a language model sees it."""
        return self.args.model_json_schema()

    def parse(self, raw: dict[str, Any]) -> Args:
        """Typed arguments, or BadArguments that says which one is wrong and what is accepted."""
        try:
            return self.args.model_validate(raw)
        except ValidationError as exc:
            raise BadArguments(_explain(self, exc), f"See: ekiben {self.name} --help") from exc

    def question(self, args: Args, context: Context) -> str:
        """What the person is asked before this call runs."""
        if self.asks:
            return one_line(self.asks(args, context))
        given = args.model_dump(exclude_unset=True)
        return one_line(f"{self.name} {' '.join(f'{name}={value}' for name, value in given.items())}?")

    def __call__(self, raw: dict[str, Any], context: Context) -> Result:
        return self.run(self.parse(raw), context)


def tool(
    effect: Effect, asks: Callable[[Any, Context], str] | None = None
) -> Callable[[Callable[[Any, Context], Result]], Tool]:
    """Declare a function `(args: …Args, context: Context) -> …Result` as the tool of its name."""

    def declare(function: Callable[[Any, Context], Result]) -> Tool:
        notes = function.__annotations__
        return Tool(function.__name__, effect, notes["args"], notes["return"], function, asks)

    return declare


def _explain(declared: Tool, exc: ValidationError) -> str:
    first = min(exc.errors(include_url=False), key=lambda error: error["type"] != "extra_forbidden")
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"{declared.name} needs {name!r}."
    if first["type"] == "extra_forbidden":
        known = ", ".join(declared.args.model_fields)
        return f"{declared.name} has no argument {name!r}. It takes: {known}."
    return f"{declared.name}: {name} cannot be {first['input']!r}: {first['msg']}."
