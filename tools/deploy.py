"""deploy: from a model or Bento to a verified deployment."""

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from tools.core.context import Context
from tools.core.errors import BadArguments
from tools.core.serving.release import Released
from tools.core.tool import Args, tool

if TYPE_CHECKING:
    from tools.core.serving.sources import Source

ORIGIN = re.compile(r"\*|https?://[^\s/?#@,]+")


class DeployArgs(Args):
    model: str
    """Model or Bento: NAME or NAME:VERSION; or a .bento file, as `package --output` writes it."""
    name: str | None = None
    """What to call the deployment; the model's name by default."""
    platform: Literal["local", "docker", "kubernetes", "serverless"] = "local"
    """Where it runs."""
    host: str | None = None
    """The address to listen on; 127.0.0.1 by default."""
    port: int | None = Field(None, ge=1, le=65535)
    """The port to listen on; the first free one from 3000 by default. A deployment keeps its own."""
    replicas: int = Field(1, ge=1)
    """How many processes serve it."""
    canary: int | None = Field(None, ge=1, le=100)
    """Give it only so many percent of the requests, beside the live revision."""
    cors: list[str] = []
    """Origin whose pages may ask it, as https://shop.example; none by default."""
    only_if_better: bool = False
    """Refuse a model that is not better than the live one, beyond noise, on rows that neither learned from."""
    registry: str | None = None
    """Where an image is pushed to, with a platform elsewhere."""
    namespace: str | None = None
    """The namespace of a cluster."""


def _asks(args: DeployArgs, context: Context) -> str:
    from tools.core.serving.deployments import address
    from tools.core.serving.sources import source_of

    _refuse(args)
    source = source_of(context, args.model)
    deployment = _deployment(args, source.name, context)
    revision = max(deployment.revisions, default=0) + 1
    better = _condition(args, deployment)
    where = f" on {address(args.host or '127.0.0.1', args.port)}" if args.port else ""
    if deployment.revisions and not where:
        where = f" on {deployment.url()}"
    if args.canary:
        beside = f"beside revision {deployment.live}" if deployment.live else "beside nothing"
        share = f"{args.canary} % of the requests to {deployment.name}"
        return f"Give {source.shown} {share}, revision {revision}, {beside}{better}{_opened(args)}?"
    instead = f" in place of revision {deployment.live}" if deployment.live else ""
    return f"Put {source.shown} live as {deployment.name}, revision {revision}{where}{instead}{better}{_opened(args)}?"


def _opened(args: DeployArgs) -> str:
    """What the question says of who may reach it, and of its size, beyond what stands in it already."""
    said = [f"listening on {args.host}"] if args.host and not args.port else []
    said += [f"open to pages of {', '.join(args.cors)}"] if args.cors else []
    said += [f"in {args.replicas} processes"] if args.replicas > 1 else []
    return "".join(f", {each}" for each in said)


def _condition(args: DeployArgs, deployment: Any) -> str:
    """What the question says of the gate."""
    from tools.core.serving.rivals import revision_to_beat

    revision = revision_to_beat(deployment) if args.only_if_better else None
    return f", if it is better than {deployment.revision_record(revision)['model']}" if revision is not None else ""


@tool(effect="release", asks=_asks)
def deploy(args: DeployArgs, context: Context) -> Released:
    """Serve a model: proven with sample rows before it takes traffic, with no request lost."""
    from tools.core.serving.canaries import refuse_beside_canary
    from tools.core.serving.release import finished, refuse_move, release
    from tools.core.serving.sources import source_of
    from tools.core.serving.unit import write_unit

    _refuse(args)
    source = source_of(context, args.model)
    deployment = _deployment(args, source.name, context)
    with context.store.lock(f"deployment-{deployment.name}"):
        if done := finished(context, deployment, "deploy", "canary"):
            return done
        host, port = refuse_move(deployment, args.host, args.port)
        refuse_beside_canary(deployment, args.canary)
        gate, warnings = _passed(args, context, deployment, source)
        revision = max(deployment.revisions, default=0) + 1
        noted = _copied(args, context, source, deployment, revision)
        event = "canary" if args.canary else "deploy"
        done = release(context, deployment, revision, event, host, port, **noted, **gate)
        write_unit(deployment.name, deployment.folder)
        return done.model_copy(update={"warnings": done.warnings + warnings})


def _passed(args: DeployArgs, context: Context, deployment: Any, source: "Source") -> tuple[dict[str, Any], list[str]]:
    """What the record keeps of the gate, and warnings; GateNotMet where the model does not pass it."""
    if not args.only_if_better:
        return {}, []
    from tools.core.serving.gate import pass_gate

    gate, warnings = pass_gate(context, deployment, source)
    return {"gate": gate and gate.model_dump(mode="json")}, warnings


def _copied(args: DeployArgs, context: Context, source: "Source", deployment: Any, revision: int) -> dict[str, Any]:
    """Make the revision's own copy; what its line of the record says of it."""
    from tools.core.serving.revisions import copy_revision
    from tools.core.serving.room import check_room
    from tools.core.serving.sources import bento_to_serve

    check_room(args.replicas)
    context.progress(0.05, "packaging")
    bento = bento_to_serve(context, source)
    record = {"revision": revision, "model": source.model, "bento": source.bento, "key": context.key}
    served = {"replicas": args.replicas, "cors": args.cors}
    hashed = copy_revision(deployment.revision_folder(revision), bento, record | served)
    return {"sha256": hashed, "canary": args.canary, **served}


def _deployment(args: DeployArgs, default: str, context: Context) -> Any:
    from tools.core.names import name_of
    from tools.core.serving.deployments import Deployment

    name = name_of(args.name) if args.name else default
    return Deployment(name, context.workspace / "deployments" / name)


def _refuse(args: DeployArgs) -> None:
    if args.platform != "local":
        raise BadArguments(
            f"Ekiben cannot deploy to {args.platform} yet.", "Deploy on this machine with --platform local."
        )
    for name in ("registry", "namespace"):
        if getattr(args, name):
            raise BadArguments(f"A {name} goes with a platform elsewhere.", f"Leave --{name} out.")
    for origin in args.cors:
        if not ORIGIN.fullmatch(origin):
            raise BadArguments(f"{origin!r} is no origin.", "Name it as https://shop.example, without a path.")
