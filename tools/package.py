"""package: from a model to a Bento, which serves it anywhere."""

from tools.core.context import Context
from tools.core.errors import ApprovalNeeded
from tools.core.tool import Args, Result, tool


class PackageArgs(Args):
    model: str
    """Model: NAME or NAME:VERSION."""
    name: str | None = None
    """What to call the Bento; the model's name by default. Its version is the model's."""
    output: str | None = None
    """Also write the Bento to this file, to take it elsewhere."""
    overwrite: bool = False
    """Replace the output if it exists."""


class Packaged(Result):
    bento: str
    model: str
    path: str
    size_bytes: int
    runtime: str
    """What answers in it: onnx, or skops where the model could not become a graph."""
    reason: str
    """Why it is not onnx; empty where it is."""

    def headline(self) -> str:
        form = "an ONNX graph" if not self.reason else f"its scikit-learn estimators, since {self.reason}"
        return f"Bento {self.bento} holds {self.model} as {form}; {self.size_bytes / 1e6:.1f} MB, no pickle."


@tool(effect="write")
def package(args: PackageArgs, context: Context) -> Packaged:
    """Build a Bento of a model: the service, the model's files, pinned versions, and nothing else."""
    from tools.core.files import read_json, size_of
    from tools.core.names import name_of
    from tools.core.serving.bento import MODEL, export_bento, unhashed
    from tools.core.serving.deployments import find_model
    from tools.core.serving.packaging import bento_of

    model = find_model(context, args.model)
    name = name_of(args.name) if args.name else model.name
    output = context.path(args.output) if args.output else None
    if output and output.exists() and not args.overwrite:
        raise ApprovalNeeded(f"{str(output)!r} exists. Replace it?", "Say --overwrite.", "overwrite")
    context.progress(None, "building")
    place = bento_of(context, model, name)
    if output:
        export_bento(context, f"{name}:{model.version}", output)
    told = read_json(place / MODEL / "model.json")
    return Packaged(
        bento=f"{name}:{model.version}",
        model=model.tag,
        path=str(output or place),
        size_bytes=size_of(place),
        runtime=told["runtime"],
        reason=told["reason"],
        warnings=_warnings(unhashed(place)),
    )


def _warnings(pins: list[str]) -> list[str]:
    if not pins:
        return []
    return [
        f"The Bento's lock has no hashes, since none could be had for {', '.join(pins)}: Ekiben was made with other "
        "versions, and no registry was reached. Packaged under another --name where one is, it gets them."
    ]
