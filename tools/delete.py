"""delete: an artifact that nothing live needs is gone."""

from typing import Literal

from tools.core.context import Context
from tools.core.errors import InUse, NotFound
from tools.core.store import Artifact
from tools.core.tool import Args, Result, tool


class DeleteArgs(Args):
    kind: Literal["dataset", "prepared", "model", "bento", "deployment"]
    """What kind of thing it is."""
    name: str
    """Its name and version, as churn:2. A deployment has a name alone."""


class Deleted(Result):
    kind: str
    name: str
    freed_bytes: int

    def headline(self) -> str:
        return f"The {self.kind} {self.name} is deleted; {self.freed_bytes / 1e6:.1f} MB are free."


def _asks(args: DeleteArgs, context: Context) -> str:
    if args.kind == "deployment":
        return f"Delete the deployment {args.name} with its history? It cannot be brought back."
    artifact = _refused_if_needed(args, context)
    return f"Delete the {args.kind} {artifact.tag}?{_named(args, artifact, context)} It cannot be brought back."


def _named(args: DeleteArgs, artifact: Artifact, context: Context) -> str:
    """Which deployments' records name it; they keep what they serve in copies of their own."""
    from tools.core.serving.deployments import deployments

    names = [
        d.name for d in deployments(context) if args.kind in ("model", "bento") and d.names(artifact.tag, args.kind)
    ]
    if not names:
        return ""
    return f" The record of {', '.join(names)} names it; its revisions keep their own copies."


@tool(effect="destroy", asks=_asks)
def delete(args: DeleteArgs, context: Context) -> Deleted:
    """Delete an artifact that nothing live needs."""
    from tools.core.files import remove, size_of

    if args.kind == "deployment":
        return _deployment(args, context)
    try:
        artifact = _refused_if_needed(args, context)
    except NotFound:
        if context.repeated:
            return Deleted(kind=args.kind, name=args.name, freed_bytes=0)
        raise
    places = [artifact.path]
    if args.kind in ("model", "bento"):
        places.append(context.bentoml_home / f"{args.kind}s" / artifact.name / str(artifact.version))
    freed = sum(size_of(place) for place in places if place.exists())
    for place in reversed(places):
        remove(place)
    if args.kind in ("model", "bento"):
        _mend_latest(context, f"{args.kind}s", artifact.name)
    return Deleted(kind=args.kind, name=artifact.tag, freed_bytes=freed)


def _refused_if_needed(args: DeleteArgs, context: Context) -> Artifact:
    from tools.core.serving.deployments import deployments

    artifact = context.find(args.name, args.kind)
    for deployment in deployments(context):
        if args.kind in ("model", "bento") and deployment.needs(artifact.tag, args.kind):
            raise InUse(
                f"The {args.kind} {artifact.tag} is live as {deployment.name}.",
                f"Stop it first: ekiben stop {deployment.name}",
            )
    return artifact


def _deployment(args: DeleteArgs, context: Context) -> Deleted:
    from tools.core.files import remove, size_of
    from tools.core.serving.deployments import find_deployment

    deployment = find_deployment(context, args.name)
    with context.store.lock(f"deployment-{deployment.name}"):
        if deployment.running is not None:
            raise InUse(
                f"The deployment {deployment.name} is live on {deployment.url()}.",
                f"Stop it first: ekiben stop {deployment.name}",
            )
        freed = size_of(deployment.folder)
        remove(deployment.folder)
    return Deleted(kind="deployment", name=deployment.name, freed_bytes=freed)


def _mend_latest(context: Context, folder: str, name: str) -> None:
    """Point BentoML's `latest` at the newest version that is left."""
    from tools.core.files import write_text

    place = context.bentoml_home / folder / name
    if not place.is_dir():
        raise NotFound(f"{name!r} is gone from BentoML's store.")
    left = [int(path.name) for path in place.iterdir() if path.name.isdigit()]
    if left:
        write_text(place / "latest", str(max(left)))
    else:
        (place / "latest").unlink(missing_ok=True)
        place.rmdir()
