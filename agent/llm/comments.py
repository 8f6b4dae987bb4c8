"""A language model's comment on results: words are shown as its own, numbers of its own are not."""


def struck(comment: str) -> tuple[str, list[str]]:
    """A comment that states no number; one that does is left out, with a warning."""
    if any(character.isdigit() for character in comment):
        return "", ["The language model's comment held numbers of its own and was left out."]
    return comment, []
