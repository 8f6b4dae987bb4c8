"""What a language model's server can do wrong, as one sentence each: whether to ask again, and after how long."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from agent.llm.keys import Secrets, variable_of
from tools.core.errors import EkibenError, PlannerFailed

OVERFLOWS = (
    "context_length_exceeded",
    "maximum context length",
    "exceed_context_size",
    "exceeds the available context size",
    "context window",
    "context limit",
    "prompt is too long",
    "input is too long",
    "input tokens exceed",
)
"""As OpenAI, vLLM, llama.cpp, Anthropic and others word that a request is larger than their context."""
TOOLLESS = (
    "does not support tools",
    "tools param requires",
    "--enable-auto-tool-choice",
    "tool use is not supported",
    "tools are not supported",
    "does not support function calling",
    "function calling is not supported",
    "unknown field: tools",
    "unrecognized request argument supplied: tools",
)
"""As Ollama, llama.cpp, vLLM and others word that they take no tools the way that they were started."""
USED_UP = (
    "insufficient_quota",
    "quota exceeded",
    "exceeded your current quota",
    "billing_hard_limit",
    "credit balance",
)
BUSY = (408, 409, 425, 429)
OTHER = "Use another with --llm, or --llm offline."
QUOTED = 160
"""Characters of a server's own words that are shown."""


@dataclass(frozen=True)
class Failure:
    """Why there is no reply."""

    error: EkibenError
    again: bool = False
    """Whether the same request may succeed soon."""
    wait: float | None = None
    """Seconds that the server asks to wait."""
    mend: str = ""
    """What the server does not take and can do without: stream_options, tools, stream, max_tokens, response_format."""


def failure_of(exc: Exception, llm: str, base_url: str | None, secrets: Secrets) -> Failure:
    """What went wrong, from the exception of a provider's package."""
    code = _status(exc)
    said = f"{exc} {getattr(exc, 'body', '') or ''}"
    lowered = said.lower()
    where = "Check --llm and --base-url." if base_url else "Check --llm."
    provider = llm.partition(":")[0]
    if any(words in lowered for words in OVERFLOWS):
        return Failure(_overflow(llm, base_url))
    if code in (400, 404, 415, 422, 500, 501) and (mend := _not_taken(lowered)):
        return Failure(_refused(code, exc, secrets), mend=mend)
    if code == 401:
        return Failure(PlannerFailed(f"The server of {llm} refused the key.", f"Check {variable_of(provider)}."))
    if code == 403:
        return Failure(PlannerFailed(f"The server does not let this key use {llm}.", "Use another key or --llm."))
    if code == 404:
        return Failure(PlannerFailed(f"The server does not know {llm}.", where))
    if code is not None and 300 <= code < 400:
        return Failure(PlannerFailed(f"The server of {llm} sends on to another address ({code}).", _target(exc)))
    if any(words in lowered for words in USED_UP):
        return Failure(PlannerFailed(f"The quota of {llm} is used up.", "Look at your account there, or use another."))
    if code in BUSY:
        error = PlannerFailed(f"The server of {llm} is asked too often ({code}).", "Go on later with: ekiben resume")
        return Failure(error, again=True, wait=_asked_wait(exc))
    if code is not None and code >= 500:
        error = PlannerFailed(f"The server of {llm} failed ({code}).", "Go on later with: ekiben resume")
        return Failure(error, again=True, wait=_asked_wait(exc))
    if code is not None:
        return Failure(_refused(code, exc, secrets))
    return _without_status(exc, llm, base_url, secrets)


def _without_status(exc: Exception, llm: str, base_url: str | None, secrets: Secrets) -> Failure:
    names = {kind.__name__ for each in _causes(exc) for kind in type(each).__mro__}
    if names & {"TimeoutException", "APITimeoutError", "ModelTimeoutError", "TimeoutError"}:
        told = f"The server of {llm} said nothing for too long."
        return Failure(PlannerFailed(told, "Go on with: ekiben resume. llm_timeout in ekiben.toml sets the seconds."))
    if names & {"ConnectError", "UnsupportedProtocol", "ConnectionRefusedError", "gaierror"}:
        hint = "Check --base-url, and that the server runs." if base_url else "Check the network."
        return Failure(PlannerFailed(f"The server of {llm} cannot be reached.", hint))
    if names & {"DecodingError", "JSONDecodeError"}:
        return Failure(not_the_protocol(llm, base_url))
    if names & {"APIConnectionError", "TransportError", "ModelConnectionError", "ConnectionError"}:
        told = f"The server of {llm} broke off its reply."
        return Failure(PlannerFailed(told, "Go on with: ekiben resume"), again=True)
    if names & {"APIError", "ModelError"}:
        told = f"The server of {llm} reported an error: {_quoted(exc, secrets)}"
        return Failure(PlannerFailed(told, "Try again, or use another one."), again=_may_pass(exc))
    return Failure(not_the_protocol(llm, base_url))


def not_the_protocol(llm: str, base_url: str | None) -> PlannerFailed:
    """An answer that nobody can read."""
    hint = "Check --base-url: it mostly ends with /v1." if base_url else "Try again."
    return PlannerFailed(f"What the server of {llm} answered is not of its protocol.", hint)


def _overflow(llm: str, base_url: str | None) -> PlannerFailed:
    larger = (
        "start the server with a larger one (docs/llm.md says how)" if base_url else "use a model with a larger one"
    )
    return PlannerFailed(
        f"The conversation is larger than the context of {llm}.",
        f"Begin a new one (/clear in the chat), or {larger}.",
    )


def _not_taken(said: str) -> str:
    if any(words in said for words in TOOLLESS):
        return "tools"
    for name in ("stream_options", "max_completion_tokens", "max_tokens", "response_format"):
        if name in said and "too large" not in said:
            return name
    return "stream" if "stream" in said and ("not support" in said or "unsupported" in said) else ""


def _refused(code: int | None, exc: Exception, secrets: Secrets) -> PlannerFailed:
    return PlannerFailed(f"The language model's server refused the request ({code}): {_quoted(exc, secrets)}", OTHER)


def _quoted(exc: Exception, secrets: Secrets) -> str:
    """The server's own words, in one line, without secrets."""
    body = getattr(exc, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    words = " ".join(secrets.struck(str(said or getattr(exc, "message", "") or exc)).split())
    return f'"{words if len(words) <= QUOTED else f"{words[:QUOTED]}…"}".'


def _status(exc: Exception) -> int | None:
    response = getattr(exc, "response", None)
    for held in (getattr(exc, "status_code", None), getattr(response, "status_code", None), getattr(exc, "code", None)):
        if isinstance(held, int) and 300 <= held <= 599:
            return held
    return None


def _headers(exc: Exception) -> Any:
    return getattr(getattr(exc, "response", None), "headers", None) or {}


def _target(exc: Exception) -> str:
    from agent.llm.keys import without_secrets

    target = without_secrets(str(_headers(exc).get("location", ""))[:QUOTED])
    return f"It names {target}: check --base-url." if target else "Check --base-url."


def _asked_wait(exc: Exception) -> float | None:
    """Seconds, from Retry-After: a number or a date."""
    from datetime import UTC, datetime

    told = str(_headers(exc).get("retry-after", "")).strip()
    try:
        return max(float(told), 0.0)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    return max((at - datetime.now(UTC)).total_seconds(), 0.0) if at.tzinfo else None


def _may_pass(exc: Exception) -> bool:
    said = str(exc).lower()
    return bool(getattr(exc, "is_retryable", False)) or "overloaded" in said or "rate limit" in said


def _causes(exc: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while exc is not None and exc not in found:
        found.append(exc)
        exc = exc.__cause__ or exc.__context__
    return found
