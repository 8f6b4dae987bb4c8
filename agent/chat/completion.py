"""What Tab offers: commands after a slash; else tables, artifacts and columns that go on with what stands there."""

from collections.abc import Callable, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from agent.understanding.world import World

KINDS = ("deployment", "model", "prepared", "dataset", "bento")
MOST_TABLES = 20
"""Tables whose columns are offered where no table is named."""


class Completions(Completer):
    """Completes commands, file names, artifact names and column names."""

    def __init__(self, commands: dict[str, str], world: Callable[[], World]) -> None:
        self.commands, self.world = commands, world

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What could stand at the cursor."""
        before = document.text_before_cursor
        if before.startswith("/") and " " not in before:
            for name, told in self.commands.items():
                if f"/{name}".startswith(before):
                    yield Completion(f"/{name}", -len(before), display_meta=told)
            return
        for name, what in names_for(document.text, self.world()).items():
            if typed := begun(before, name):
                yield Completion(name, -typed, display_meta=what)


def begun(before: str, name: str) -> int:
    """How many characters at the end of a line begin a name: a whole word of them, or Chinese ones; 0 for none."""
    text, wanted = before.casefold(), name.casefold()
    for length in range(min(len(text), len(wanted)), 0, -1):
        lead = text[-length - 1 : -length] if length < len(text) else ""
        joined = lead.isascii() and (lead.isalnum() or lead in "_-./:") and lead != ""
        if text.endswith(wanted[:length]) and not joined:
            return length
    return 0


def names_for(line: str, world: World) -> dict[str, str]:
    """Names of tables, artifacts and columns with what they are; columns of the tables that it names, or of all."""
    files = world.files()
    found = dict.fromkeys(files, "table")
    for kind in KINDS:
        tags = world.tags(kind)
        found |= {name: kind for tag in tags for name in (tag.partition(":")[0], tag) if name not in found}
    tables = [path for path in files if path in line] or files[:MOST_TABLES]
    for path in tables:
        facts = world.table(path)
        found |= {column: f"column of {path}" for column in (facts.columns if facts else ()) if column not in found}
    return found
