"""deploy: from a model or Bento to a verified deployment."""

import os
from typing import Any, Literal

from pydantic import Field

from tools.core.context import Context
from tools.core.errors import BadArguments
from tools.core.serving.release import Released
from tools.core.tool import Args, tool


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


def _asks(args: DeployArgs, context: Context) -> str:
    from tools.core.serving.deployments import address
    from tools.core.serving.sources import source_of

    _refuse_platform(args)
    source = source_of(context, args.model)
    deployment = _deployment(args, source.name, context)
    revision = max(deployment.revisions, default=0) + 1
    where = f" on {address(args.host or '127.0.0.1', args.port)}" if args.port else ""
    if deployment.revisions and not where:
        where = f" on {deployment.url()}"
    instead = f" in place of revision {deployment.live}" if deployment.live else ""
    return f"Put {source.shown} live as {deployment.name}, revision {revision}{where}{instead}?"


@tool(effect="release", asks=_asks)
def deploy(args: DeployArgs, context: Context) -> Released:
    """Serve a model: proven with sample rows before it takes traffic, with no request lost."""
    from tools.core.serving.release import copy_revision, finished, refuse_move, release
    from tools.core.serving.sources import bento_to_serve, source_of

    _refuse_platform(args)
    source = source_of(context, args.model)
    deployment = _deployment(args, source.name, context)
    with context.store.lock(f"deployment-{deployment.name}"):
        if done := finished(context, deployment, "deploy"):
            return done
        host, port = refuse_move(deployment, args.host, args.port)
        context.progress(0.05, "packaging")
        bento = bento_to_serve(context, source)
        revision = max(deployment.revisions, default=0) + 1
        record: dict[str, Any] = {"revision": revision, "model": source.model, "bento": source.bento}
        record["key"] = context.key
        copy_revision(deployment.revision_folder(revision), bento, record)
        return release(context, deployment, revision, "deploy", host, port)


def _deployment(args: DeployArgs, default: str, context: Context) -> Any:
    from tools.core.names import name_of
    from tools.core.serving.deployments import Deployment

    name = name_of(args.name) if args.name else default
    return Deployment(name, context.workspace / "deployments" / name)


def _refuse_platform(args: DeployArgs) -> None:
    if args.platform != "local":
        raise BadArguments(
            f"Ekiben cannot deploy to {args.platform} yet.", "Deploy on this machine with --platform local."
        )
    if os.environ.get("EKIBEN_SERVICE_KEY"):
        raise BadArguments("EKIBEN_SERVICE_KEY is set, and Ekiben cannot ask for a key yet.", "Unset it first.")
    if args.replicas != 1:
        raise BadArguments("Ekiben serves a local deployment by one process so far.", "Leave --replicas away.")
