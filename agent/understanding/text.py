"""The request as the planner reads it: one script of punctuation, and single characters where things stood."""

import re
import unicodedata
from dataclasses import dataclass, field

from agent.understanding.lexicon import HAN, HOLE, Phrases

QUOTE_MARKS = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "「": '"', "」": '"', "『": '"', "』": '"'}
    | {"《": '"', "》": '"', "`": '"', "。": ". ", "→": "->", "—": ", ", "–": "-", "−": "-", "\u3000": " "}
)
BASES = {"path": 0xE000, "quoted": 0xE400, "artifact": 0xE800}
CONTRACTIONS = (
    (r"\ba couple (?:of )?(?=(?:minutes|mins|hours|seconds)\b)", "2 "),
    (r"\bw/o\b", "without"), (r"\bw/ ?(?=[A-Za-z\d])", "with "),
    (r"\b(?:let's|lets)\b", "let us"), (r"\bcan't\b|\bcannot\b|\bcant\b", "can not"), (r"\bwon't\b", "will not"),
    (r"\b(do|does|did|is|are|was|would|should|could|need|has|have)n't\b", r"\1 not"),
    (r"\b(do|does|did|is|would|should)nt\b", r"\1 not"),
    (r"\b(what|it|that|there|who|how|where|here|which|one|everything)'s\b", r"\1 is"),
    (r"\bwhats\b", "what is"), (r"\bhows\b", "how is"), (r"\bi'm\b", "i am"), (r"\b(\w+)'d\b", r"\1 would"),
    (r"\b(\w+)'ll\b", r"\1 will"), (r"\b(\w+)'ve\b", r"\1 have"), (r"\b(\w+)'re\b", r"\1 are"),
    (r"\bgonna\b", "going to"), (r"\bwanna\b", "want to"), (r"\bgimme\b", "give me"),
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """Something with a name of its own that stood in the request."""

    kind: str
    """path, quoted or artifact."""
    value: str
    version: int | None = None
    spoken: bool = False
    """Its version was said in words ("version 2 of churn"), so that it may be a revision."""
    hint: str = ""
    """The kind of artifact that the request calls it."""

    @property
    def tag(self) -> str:
        return self.value if self.version is None else f"{self.value}:{self.version}"


@dataclass
class Draft:
    """The text that is not yet understood; things in it are single characters of the private use area."""

    text: str
    things: dict[str, Thing] = field(default_factory=dict)

    def put(self, thing: Thing) -> str:
        """The character that stands for a thing from now on."""
        count = sum(t.kind == thing.kind for t in self.things.values())
        mark = chr(BASES[thing.kind] + count)
        self.things[mark] = thing
        return mark

    def cut(self, start: int, end: int, mark: str = HOLE) -> None:
        """Take a span out of the text."""
        self.text = f"{self.text[:start]}{mark}{self.text[end:]}"

    def take(self, pattern: Phrases, mark: str = HOLE) -> list[re.Match[str]]:
        """Take everything out that fits, but for the tables that stand in it."""
        found = list(pattern.finditer(self.text))
        for match in reversed(found):
            inside = "".join(c for c in match[0] if c in self.things and self.things[c].kind == "path")
            self.cut(match.start(), match.end(), mark + inside)
        return found

    def order(self, kind: str) -> list[str]:
        """The marks of a kind that are still in the text, as they stand."""
        return [c for c in self.text if c in self.things and self.things[c].kind == kind]

    def show(self, text: str) -> str:
        """Text for a person: marks as what they stand for."""
        shown = "".join(self.things[c].tag if c in self.things else c for c in text)
        return " ".join(re.sub("[\uf000-\uf0ff\uec00-\uefff]", " ", shown).split()).strip(" ,.;:")


def normalise(request: str) -> str:
    """NFKC, one kind of quotation marks and punctuation, no control characters."""
    text = unicodedata.normalize("NFKC", request.translate(QUOTE_MARKS)).translate(QUOTE_MARKS)
    text = re.sub(r"[\r\n]+", " ; ", text.strip())
    kept = (" " if c.isspace() else c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Co") or c == "\t")
    return re.sub(r" +", " ", "".join(kept)).strip()


MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
MONTH = rf"({'|'.join(MONTHS)})[a-z]*\.?"
DATES = (
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]"),
    re.compile(
        rf"\b{MONTH.replace('(', '(?P<m>', 1)} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})\b", re.IGNORECASE
    ),
    re.compile(
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)? {MONTH.replace('(', '(?P<m>', 1)} (?P<y>\d{{4}})\b", re.IGNORECASE
    ),
)


def dated(text: str) -> str:
    """Dates as 2023-03-01: 2023年3月1日, March 1, 2023, 1st of March is left alone."""
    for pattern in DATES:
        text = pattern.sub(_iso, text)
    return text


def _iso(match: re.Match[str]) -> str:
    month = match["m"] if match["m"].isdigit() else str(MONTHS.index(match["m"][:3].lower()) + 1)
    return f"{match['y']}-{int(month):02}-{int(match['d']):02}"


def tidy(text: str) -> str:
    """Contractions written out, and no blanks beside Chinese."""
    for short, full in CONTRACTIONS:
        text = re.sub(short, full, text, flags=re.IGNORECASE)
    near = f"[{HAN}\ue000-\uebff]"
    text = re.sub(rf"(?<=[{HAN}]) +| +(?=[{HAN}])", "", text)
    return re.sub(rf"(?<={near}) +(?=[{HAN}])|(?<=[{HAN}]) +(?={near})", "", text)


def is_chinese(request: str) -> bool:
    """Whether the answer should be Chinese: Chinese characters outside paths, quotes and English sentences."""
    bare = re.sub(r"\S+\.(?:csv|tsv|txt|parquet|xlsx|xls|gz|bento)\b|\"[^\"]*\"|'[^']*'", " ", request)
    if not re.search(rf"[A-Za-z{HAN}]", bare):
        bare = request
    han = len(re.findall(f"[{HAN}]", bare))
    return han >= 2 and han * 3 >= len(re.findall(r"[A-Za-z]+", bare))
