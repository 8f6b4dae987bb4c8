"""Keys of language models: from the environment or the system's keyring, and kept out of every text that is shown."""

import os
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit, urlunsplit

from agent.planner import Heard
from tools.core.errors import BadConfig

SERVICE = "ekiben"
"""Under which the keyring keeps them."""
VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "huggingface": "HUGGINGFACEHUB_API_TOKEN",
    "cohere": "COHERE_API_KEY",
}
"""By provider; of others the name follows from theirs."""
SHORTEST = 8
"""Characters of a secret: a shorter one ("none", "ollama") keeps nothing from anybody."""
STRUCK = "[key]"


def variable_of(provider: str) -> str:
    """The environment variable that holds a provider's key."""
    return VARIABLES.get(provider, f"{provider.upper()}_API_KEY")


def key_of(provider: str, base_url: str | None) -> str:
    """A provider's key, or that of another server; empty where there is none. BadConfig when it can be no key."""
    variable = variable_of(provider)
    key = os.environ.get(variable, "").strip() or _in_keyring(urlsplit(base_url).netloc if base_url else provider)
    if key and not (key.isascii() and key.isprintable()):
        raise BadConfig("The language model's key holds characters that no key has.", f"Set {variable} again.")
    return key


def _in_keyring(name: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return (keyring.get_password(SERVICE, name.rpartition("@")[2]) or "").strip()
    except (KeyringError, OSError, RuntimeError):  # a machine without one
        return ""


def missing(provider: str) -> BadConfig:
    """There is no key."""
    return BadConfig(
        f"There is no key for the language models of {provider!r}.",
        f"Set {variable_of(provider)}, or keep it with: keyring set {SERVICE} {provider}. Or use --llm offline.",
    )


def without_secrets(url: str | None) -> str | None:
    """An address without the user, password and query that it may hold."""
    if not url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class Secrets:
    """What must not be shown: the keys in the environment, the one in use, and what an address holds."""

    def __init__(self, key: str, base_url: str | None) -> None:
        parts = urlsplit(base_url or "")
        held = [key, parts.password or "", unquote(parts.password or ""), parts.query]
        held += [value.strip() for name, value in os.environ.items() if name.endswith(("_API_KEY", "_API_TOKEN"))]
        self.all = sorted({secret for secret in held if len(secret) >= SHORTEST}, key=len, reverse=True)

    def struck(self, text: str) -> str:
        """A text without them."""
        for secret in self.all:
            text = text.replace(secret, STRUCK)
        return text

    def struck_in(self, value: object) -> object:
        """The same for what a call was given."""
        if isinstance(value, str):
            return self.struck(value)
        if isinstance(value, list):
            return [self.struck_in(each) for each in value]
        if isinstance(value, dict):
            return {self.struck(str(name)): self.struck_in(each) for name, each in value.items()}
        return value


class Unsecret:
    """Hands words on as they come, but for the secrets among them, whose beginning it holds back."""

    def __init__(self, secrets: Secrets, heard: Heard) -> None:
        self.secrets, self.heard, self.held = secrets, heard, ""

    def __call__(self, words: str) -> None:
        self.held = self.secrets.struck(self.held + words)
        keep = max((_overlap(self.held, secret) for secret in self.secrets.all), default=0)
        self._tell(len(self.held) - keep)

    def end(self) -> None:
        """No more words will come."""
        self._tell(len(self.held))

    def _tell(self, size: int) -> None:
        if size:
            self.heard(self.held[:size])
            self.held = self.held[size:]


def _overlap(text: str, secret: str) -> int:
    """How many characters at a text's end may begin a secret."""
    sizes: Iterable[int] = range(min(len(text), len(secret) - 1), 0, -1)
    return next((size for size in sizes if text.endswith(secret[:size])), 0)
