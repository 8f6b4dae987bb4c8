"""export: a model as a script of plain pandas and scikit-learn that trains it again."""

from pathlib import Path

from tools.core.context import Context
from tools.core.errors import ApprovalNeeded, BadArguments
from tools.core.tool import Args, Result, tool


class ExportArgs(Args):
    model: str
    """Model: NAME or NAME:VERSION."""
    output: str | None = None
    """Where to write the script; train_NAME.py by default."""
    overwrite: bool = False
    """Replace the output if it exists."""


class Exported(Result):
    model: str
    output: str
    lines: int

    def headline(self) -> str:
        return f"{self.output} trains {self.model} again ({self.lines:,} lines of pandas and scikit-learn)."


@tool(effect="write")
def export(args: ExportArgs, context: Context) -> Exported:
    """Write one script of plain pandas and scikit-learn that trains a model again."""
    from dataclasses import replace

    from tools.core.files import write_text
    from tools.core.learning.baselines import problem_of
    from tools.core.learning.export.script import script
    from tools.core.learning.models import goal_of
    from tools.core.learning.prepared import training_rows
    from tools.core.serving.deployments import find_model

    model = find_model(context, args.model)
    prepared = context.find(f"prepared/{model.record['prepared']}", "prepared")
    output = _output(args, context, model.name)
    facts = prepared.record["result"]
    rows = training_rows(prepared)
    problem = problem_of(prepared, rows, replace(goal_of(facts), threshold=None), facts["labels"])
    text = script(context, model, prepared, problem, rows.groups, output.name)
    write_text(output, text)
    return Exported(model=model.tag, output=str(output), lines=text.count("\n"))


def _output(args: ExportArgs, context: Context, name: str) -> Path:
    output = context.path(args.output or f"train_{name.replace('-', '_').replace('.', '_')}.py")
    if output.suffix != ".py":
        raise BadArguments(f"{output.name!r} does not end in .py.", "Choose another --output.")
    if not output.parent.is_dir():
        raise BadArguments(f"There is no folder {str(output.parent)!r}.", "Make it, or choose another --output.")
    if output.exists() and not args.overwrite:
        raise ApprovalNeeded(f"{str(output)!r} exists. Replace it?", "Say --overwrite.", "overwrite")
    return output
