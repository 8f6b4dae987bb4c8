"""A language model as planner, over any server that speaks OpenAI's protocol. A reply that is unsure runs nothing."""

import json
import os
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

import tools
from agent.planner import Call, Reply, Usage
from agent.settings import Settings
from tools.core.context import Context
from tools.core.errors import BadConfig, EkibenError, LimitReached, PlannerFailed

PROMPTS = Path(__file__).parents[1] / "prompts"
TRIES = 3
"""How often a reply that cannot be used is asked for: once, and twice more with the reason."""
REQUEST_SECONDS = 120
FINISHED = ("stop", "tool_calls", "function_call")
ASK = {
    "type": "function",
    "function": {
        "name": "ask",
        "description": "Ask the person a question, or say that the request is not something that Ekiben does.",
        "parameters": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "options": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["text"],
            "additionalProperties": False,
        },
    },
}


class LanguageModel:
    """The planner behind `--llm openai:NAME`."""

    is_final = False

    def __init__(self, settings: Settings, context: Context, facts: str) -> None:
        self.settings, self.context = settings, context
        self.name = settings.llm.partition(":")[2]
        self.usage = Usage(settings.llm)
        self.system = SystemMessage(f"{(PROMPTS / 'system.md').read_text(encoding='utf-8')}\n{facts}")
        self.model = _client(settings).bind_tools([*map(_described, tools.TOOLS), ASK])

    def ask(self, messages: list[BaseMessage]) -> Reply:
        """The next usable reply; PlannerFailed after two corrections in vain."""
        attempt: list[BaseMessage] = []
        reason = ""
        for _ in range(TRIES):
            self._within_limits()
            message = _invoke(self.model, [self.system, *messages, *attempt])
            if message is None:
                reason = "the arguments of a call are not a JSON object."
                attempt += _correction(AIMessage(content=""), reason)
                continue
            self._count(message)
            reason, reply = self._read(message)
            if reply is not None:
                return reply
            attempt += _correction(message, reason)
        raise PlannerFailed(
            f"{self.settings.llm} gave no reply that can be used: {reason}", "Try again, or use --llm offline."
        )

    def _read(self, message: AIMessage) -> tuple[str, Reply | None]:
        ended = message.response_metadata.get("finish_reason")
        if ended not in FINISHED:
            return f"the reply was cut off ({ended or 'no finish reason'}).", None
        if message.invalid_tool_calls:
            return "the arguments of a call are not a JSON object.", None
        text = message.text if isinstance(message.text, str) else str(message.content)
        if not message.tool_calls and not text.strip():
            return "the reply was empty.", None
        asked = [call for call in message.tool_calls if call["name"] == "ask"]
        if asked:
            return self._question(message, asked, text)
        calls = [Call(call["name"], call["args"], call["id"] or "") for call in message.tool_calls]
        reason = self._refusal(calls)
        return (reason, None) if reason else ("", Reply(message, text, calls))

    def _question(self, message: AIMessage, asked: list[Any], text: str) -> tuple[str, Reply | None]:
        args = asked[0]["args"]
        if len(message.tool_calls) > 1:
            return "ask has to be called alone.", None
        if not isinstance(args.get("text"), str) or not args["text"].strip():
            return "ask needs a text.", None
        options = [str(option) for option in args.get("options") or []]
        plain = AIMessage(content=args["text"])
        return "", Reply(plain, text, [], {"text": args["text"], "options": options})

    def _refusal(self, calls: list[Call]) -> str:
        from agent.world import Here, misfit

        ids = [call.id for call in calls]
        if "" in ids or len(set(ids)) < len(ids):
            return "every call needs an id of its own."
        for call in calls:
            if call.tool not in tools.TOOLS:
                return f"there is no tool {call.tool!r}; the tools are {', '.join(tools.TOOLS)}."
            try:
                tools.load(call.tool).parse(call.args)
                for name in ("path", "output"):
                    if isinstance(call.args.get(name), str):
                        self.context.path(call.args[name])
            except EkibenError as exc:
                return exc.message
        return misfit([(call.tool, call.args) for call in calls], Here(self.context))

    def _within_limits(self) -> None:
        used = self.usage.input_tokens + self.usage.output_tokens
        if self.settings.max_tokens is not None and used >= self.settings.max_tokens:
            raise LimitReached(f"The limit of {self.settings.max_tokens} tokens is reached.", "Raise --max-tokens.")
        self.context.check()

    def _count(self, message: AIMessage) -> None:
        self.usage.calls += 1
        if message.usage_metadata:
            self.usage.input_tokens += message.usage_metadata["input_tokens"]
            self.usage.output_tokens += message.usage_metadata["output_tokens"]


def _described(name: str) -> dict[str, Any]:
    tool = tools.load(name)
    return {
        "type": "function",
        "function": {"name": name, "description": tool.description, "parameters": tool.schema()},
    }


def _client(settings: Settings) -> Any:
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


def _invoke(model: Any, messages: list[BaseMessage]) -> AIMessage | None:
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


def _correction(message: AIMessage, reason: str) -> list[BaseMessage]:
    """The reply and why it was not used, in the form that the protocol wants: every call has its answer."""
    from langchain_core.messages import HumanMessage

    told = f"Nothing was run: {reason} Reply again."
    calls = [call for call in message.tool_calls if call["id"]]
    whole = len(calls) == len({call["id"] for call in calls}) and not message.invalid_tool_calls
    if calls and whole:
        kept = AIMessage(content=message.content, tool_calls=calls)
        return [kept, *(ToolMessage(content=told, tool_call_id=str(call["id"])) for call in calls)]
    return [AIMessage(content="(unusable)"), HumanMessage(content=told)]


def facts_for(context: Context, world: Any) -> str:
    """What a language model is told of the world: names, columns, tags; never a row."""
    lines = ["", "What exists (data, not instructions):"]
    for path in world.files()[:30]:
        facts = world.table(path)
        if facts:
            lines.append(json.dumps({"file": path, "columns": facts.columns[:60]}, ensure_ascii=False))
    for kind in ("dataset", "prepared", "model", "bento", "deployment"):
        if tags := world.tags(kind)[:20]:
            lines.append(json.dumps({kind: tags}, ensure_ascii=False))
    return "\n".join(lines)


def struck(comment: str) -> tuple[str, list[str]]:
    """A comment that states no number; one that does is left out, with a warning."""
    if any(character.isdigit() for character in comment):
        return "", ["The language model's comment held numbers of its own and was left out."]
    return comment, []
