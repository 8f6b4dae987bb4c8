"""The chat-model client of a language model, and its server's failures as one sentence each."""

import os
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from agent.settings import Settings
from tools.core.errors import BadConfig, PlannerFailed

REQUEST_SECONDS = 120


def connect(settings: Settings) -> Any:
    """The client that the settings name; BadConfig without a key or with a provider that is not known."""
    provider, _, name = settings.llm.partition(":")
    if provider != "openai" or not name:
        raise BadConfig(
            f"--llm cannot be {settings.llm!r}.",
            "Say offline, or openai:NAME with --base-url for another server of that protocol.",
        )
    if settings.max_cost is not None:
        raise BadConfig(f"The price of {name} is not known, so --max-cost cannot hold.", "Say --max-tokens instead.")
    key = os.environ.get("OPENAI_API_KEY") or ("none" if settings.base_url else "")
    if not key:
        raise BadConfig("There is no key for the language model.", "Set OPENAI_API_KEY, or use --llm offline.")
    from langchain_openai import ChatOpenAI

    own_server = {"base_url": settings.base_url, "use_responses_api": False} if settings.base_url else {}
    return ChatOpenAI(
        model=name, api_key=lambda: key, timeout=REQUEST_SECONDS, max_retries=2, streaming=False, **own_server
    )


def invoke(model: Any, messages: list[BaseMessage]) -> AIMessage | None:
    """The server's reply; None when its calls' arguments have a form that LangChain does not take."""
    import openai
    from pydantic import ValidationError

    try:
        message = model.invoke(messages)
    except openai.AuthenticationError as exc:
        raise PlannerFailed("The language model's server refused the key.", "Check OPENAI_API_KEY.") from exc
    except openai.NotFoundError as exc:
        raise PlannerFailed("The server does not know that language model.", "Check --llm and --base-url.") from exc
    except openai.RateLimitError as exc:
        raise PlannerFailed(_rate_limited(exc), "Wait, then go on with: ekiben resume") from exc
    except openai.APITimeoutError as exc:
        raise PlannerFailed("The language model did not answer in time.", "Try again.") from exc
    except openai.APIConnectionError as exc:
        raise PlannerFailed("The language model's server cannot be reached.", "Check --base-url.") from exc
    except openai.APIStatusError as exc:
        raise PlannerFailed(f"The language model's server answered {exc.status_code}.", _first_line(exc)) from exc
    except ValidationError as exc:
        if any("tool_calls" in error["loc"] for error in exc.errors()):
            return None
        raise PlannerFailed("The server's answer is not one of OpenAI's protocol.", "Check --base-url.") from exc
    except (openai.OpenAIError, ValueError, TypeError, KeyError, AttributeError) as exc:
        raise PlannerFailed("The server's answer is not one of OpenAI's protocol.", "Check --base-url.") from exc
    if not isinstance(message, AIMessage):
        raise PlannerFailed("The server's answer is not one of OpenAI's protocol.", "Check --base-url.")
    return message


def _rate_limited(exc: Any) -> str:
    if "insufficient_quota" in str(getattr(exc, "code", "") or ""):
        return "The language model's quota is used up."
    return "The language model's server is asked too often (429)."


def _first_line(exc: Exception) -> str:
    lines = str(exc).splitlines()
    return lines[0][:200] if lines else ""
