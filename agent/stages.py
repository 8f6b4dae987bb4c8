"""The workflow's stages, and the tools of each. A tool that two stages need is in both."""

from collections.abc import Collection

STAGES: dict[str, tuple[str, ...]] = {
    "preprocessing": ("profile", "preprocess"),
    "training": ("train", "compare", "explain", "export"),
    "evaluation": ("evaluate", "explain", "compare", "predict"),
    "packaging": ("package", "delete"),
    "deployment": ("package", "deploy", "promote", "rollback", "stop", "status"),
    "monitoring": ("status", "logs"),
}
MEND_IN = {"compare": "evaluation", "explain": "evaluation", "status": "monitoring"}
"""The stage that a failed tool of two stages is mended in, where that is not the first of them."""


def stage_of(tools: Collection[str]) -> str | None:
    """The stage that has all of these tools; None where they span stages, or there are none."""
    if len(set(tools)) == 1 and (stage := MEND_IN.get(next(iter(tools)))):
        return stage
    return next((stage for stage, its in STAGES.items() if tools and set(tools) <= set(its)), None)
