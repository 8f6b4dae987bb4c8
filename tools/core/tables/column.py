"""What is known of one column: enough to read a cell of it the same way everywhere."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tools.core.tables.oddities import Oddity, sentence

Kind = Literal["numeric", "categorical", "text", "datetime", "boolean", "id", "constant"]
Storage = Literal["integer", "real", "text", "truth", "moment"]


class Column(BaseModel):
    """A column's name, kind and form."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    name: str
    kind: Kind
    storage: Storage
    """How the typed table keeps it."""
    missing: int
    unique: int
    """Distinct values, missing ones not counted."""
    missing_words: list[str] = []
    """Trimmed texts that mean missing in this column; compare `category_text(cell)` with them."""
    number: dict[str, Any] | None = None
    """The number form, when texts need one; None for plain numbers."""
    formats: list[str] = []
    """The strptime formats beside ISO 8601."""
    canonical: bool = False
    """Whether its texts stand for numbers or truth values, so that 2, 2.0 and "2" are one."""
    odd: list[Oddity] = []
    """What a person should know."""

    @property
    def oddities(self) -> list[str]:
        """What a person should know, in sentences."""
        return [sentence(self.name, odd) for odd in self.odd]


@dataclass
class Found:
    """What a look at a column's values says of it, before they are counted."""

    kind: Kind
    storage: Storage
    number: dict[str, Any] | None = None
    formats: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    odd: list[Oddity] = field(default_factory=list)
    unique: int | None = None
    """Different numbers, where texts that write the same number count once."""
