"""The chat model that the settings name: OpenAI's or another server of that protocol, or another provider's package."""

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agent.llm.keys import Secrets, key_of, missing, without_secrets
from agent.settings import Settings
from tools.core.context import Context
from tools.core.errors import BadConfig, NeedsExtra

NO_KEY = "none"
"""What a server that wants no key is sent."""
KEYLESS = ("ollama", "bedrock", "bedrock_converse", "google_vertexai", "azure_ai")
"""Providers whose packages find their credentials by themselves, or need none."""
LIMITS = {"openai": "max_completion_tokens", "google_genai": "max_output_tokens", "ollama": "num_predict"}
LIMITS |= dict.fromkeys(("anthropic", "deepseek", "fireworks", "groq", "mistralai", "together", "xai"), "max_tokens")
"""By what name a provider takes the most tokens of a reply."""


@dataclass
class Client:
    """A chat model of LangChain's, and what has to be known to speak with it."""

    model: Any
    name: str
    """PROVIDER:NAME."""
    base_url: str | None
    secrets: Secrets
    is_openai: bool
    """Whether it speaks OpenAI's protocol through OpenAI's own package."""

    @property
    def limit(self) -> str:
        """By what name the most tokens of a reply are said; other servers of OpenAI's protocol keep its older one."""
        return "max_tokens" if self.is_openai and self.base_url else LIMITS.get(self.name.partition(":")[0], "")

    @property
    def address(self) -> str:
        """What tells its server from others, without secrets."""
        return f"{self.name} {without_secrets(self.base_url) or ''}".strip()


def connect(settings: Settings, context: Context) -> Client:
    """The client that the settings name; BadConfig without a key or with a provider that is not known."""
    provider, _, name = settings.llm.partition(":")
    if not provider or not name:
        raise BadConfig(
            f"--llm cannot be {settings.llm!r}.",
            "Say offline, or PROVIDER:NAME, as openai:NAME with --base-url for another server of that protocol.",
        )
    base_url = checked(settings.base_url or (_openais_own() if provider == "openai" else None))
    key = key_of(provider, base_url)
    if not key and not base_url and provider not in KEYLESS:
        raise missing(provider)
    of_provider = _openai if provider == "openai" else _other
    model = of_provider(provider, name, key, base_url, settings, context)
    return Client(model, settings.llm, base_url, Secrets(key, base_url), provider == "openai")


def _openais_own() -> str | None:
    """The address that OpenAI's own package would take from the environment."""
    return os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE")


def checked(base_url: str | None) -> str | None:
    """An address that can be one; BadConfig names what is wrong."""
    if not base_url:
        return None
    try:
        parts = urlsplit(base_url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise BadConfig(
            f"--base-url cannot be {without_secrets(base_url)!r}.", "Name an address, as http://localhost:8000/v1."
        )
    return base_url


def _openai(provider: str, name: str, key: str, base_url: str | None, settings: Settings, context: Context) -> Any:
    from langchain_openai import ChatOpenAI

    from agent.llm.wire import bounded

    own_server: dict[str, Any] = {"base_url": base_url, "use_responses_api": False} if base_url else {}
    return ChatOpenAI(
        model=name,
        api_key=lambda: key or NO_KEY,
        max_retries=0,
        stream_usage=True,
        openai_proxy=None,
        http_client=bounded(context, settings.llm_timeout),
        **own_server,
    )


def _other(provider: str, name: str, key: str, base_url: str | None, settings: Settings, context: Context) -> Any:
    """Through the provider's own package, which is asked for where it is not there."""
    from langchain.chat_models import init_chat_model
    from pydantic import ValidationError

    more: dict[str, Any] = {"base_url": base_url} if base_url else {}
    more |= {"api_key": key} if key and provider not in KEYLESS else {}
    try:
        return init_chat_model(name, model_provider=provider, timeout=settings.llm_timeout, max_retries=0, **more)
    except ImportError as exc:
        package = _package(exc)
        raise NeedsExtra(f"{settings.llm} needs the package {package}.", f"Install it: pip install {package}") from exc
    except ValidationError as exc:
        raise BadConfig(f"{settings.llm} cannot be used as it is set up: {_first(exc)}", "See docs/llm.md.") from exc
    except (ValueError, TypeError) as exc:
        raise BadConfig(f"There is no provider {provider!r}.", "See docs/llm.md for those that there are.") from exc


def _package(exc: ImportError) -> str:
    """The package that a failed import wants, from LangChain's own words."""
    return str(exc).rpartition("pip install ")[2].strip("`. ") or "of that provider"


def _first(exc: Any) -> str:
    """A validation's first complaint, without the values that it was about."""
    return str(exc.errors(include_input=False, include_url=False)[0]["msg"])
