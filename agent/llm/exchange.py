"""One request to a language model's server and its reply: streamed where it can be, made again where that may help."""

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from agent.llm import servers, written
from agent.llm.client import Client
from agent.llm.failures import Failure, failure_of
from agent.llm.gathering import Given, Received
from agent.llm.keys import Unsecret
from agent.llm.limits import MOST_REPLY, Limits
from agent.llm.servers import Habits
from agent.llm.written import Told
from agent.planner import AGAIN, Heard, unheard
from tools.core.context import Context
from tools.core.errors import LimitReached, PlannerFailed

TRIES = 3
"""How often a request is made that fails in a way that may pass: once, and twice more."""
PAUSES = (1.0, 3.0)
"""Seconds before it is made again, where the server names none."""
MOST_WAIT = 60.0
"""Seconds that are waited at a server's wish; a longer wait is the person's to decide."""
SLICE = 0.2
OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


class NoTools(PlannerFailed):
    """The server takes no tools the way that it was started."""


@dataclass
class Exchange:
    """Speaks with one server, and keeps what it was found to take."""

    client: Client
    context: Context
    limits: Limits
    streams: bool = True
    """Whether words are asked for as they come."""
    habits: Habits = field(init=False)

    def __post_init__(self) -> None:
        self.habits = servers.recall(self.client.address)

    def ask(self, messages: list[BaseMessage], told: Told, heard: Heard, needs_call: bool) -> Received:
        """The reply. Where one needs a call and has words alone, a server not known to make calls is asked for JSON."""
        if self.habits.calls == "written":
            return self._written(messages, told, heard)
        doubts = needs_call and self.habits.calls != "native"
        try:
            received = self.native(messages, told, unheard if doubts else heard)
        except NoTools:
            self.learn("written")
            return self._written(messages, told, heard)
        if received.calls:
            self.learn("native")
        elif doubts and _in_words(received) and (found := self._instead(messages, told)):
            return found
        if doubts and received.text:
            heard(received.text)
        return received

    def learn(self, calls: str) -> None:
        """Keep how the server makes calls."""
        if self.habits.calls != calls:
            self.habits.calls = calls
            self._keep()

    def native(self, messages: list[BaseMessage], told: Told, heard: Heard) -> Received:
        """A reply, with tool calls where there are tools."""
        received, failure = self._tried(messages, told, heard, written_down=False)
        if failure is None:
            return received
        raise failure.error if failure.mend != "tools" else NoTools(failure.error.message, failure.error.hint)

    def _written(self, messages: list[BaseMessage], told: Told, heard: Heard) -> Received:
        received, failure = self._tried(messages, told, unheard, written_down=True)
        if failure is not None:
            raise failure.error
        if not written.read(received):
            received.fault = "the reply is not the JSON object that was asked for."
        elif received.text:
            heard(received.text)
        return received

    def _instead(self, messages: list[BaseMessage], told: Told) -> Received | None:
        """The same as JSON, once; None where that has no calls either."""
        received, failure = self._once(messages, told, unheard, written_down=True)
        if failure is not None or not (received.calls or written.read(received)) or not received.calls:
            return None
        if received.told_only and any(call.name != "ask" for call in received.calls):
            self.learn("written")
        return received

    def _tried(
        self, messages: list[BaseMessage], told: Told, heard: Heard, *, written_down: bool
    ) -> tuple[Received, Failure | None]:
        """A reply, or why there is none after all that might help."""
        tried = 1
        while True:
            received, failure = self._once(messages, told, heard, written_down)
            if failure is None:
                return received, None
            if failure.mend and self._does_without(failure.mend):
                continue
            if not failure.again or tried == TRIES:
                return received, failure
            self._wait(failure, PAUSES[tried - 1])
            tried += 1
            if received.text:
                heard(AGAIN)

    def _once(
        self, messages: list[BaseMessage], told: Told, heard: Heard, written_down: bool
    ) -> tuple[Received, Failure | None]:
        """One request. What it has used is counted also where it fails."""
        asked, sent = (written.asked(messages, told), ()) if written_down else (messages, told)
        most = self.limits.before(asked, sent)
        received, failure = Received(), None
        unsecret = Unsecret(self.client.secrets, heard)
        try:
            with warnings.catch_warnings():  # the packages warn of what is odd in a reply, and quote it
                warnings.simplefilter("ignore", UserWarning)
                for piece in self._pieces(asked, told, most, written_down):
                    self.context.check()
                    unsecret(received.add(piece))
            unsecret.end()
        except self._failures() as exc:
            failure = self._failed(exc, received)
        finally:
            received.strike(self.client.secrets)
            if received.text or received.calls or received.finish:
                self.limits.count(asked, sent, received)
        if received.finish == "length" and most is not None and most < MOST_REPLY:
            raise LimitReached("The language model's reply did not fit into what the limits leave.", "Raise them.")
        return received, failure

    def _pieces(
        self, messages: list[BaseMessage], told: Told, most: int | None, written_down: bool
    ) -> Iterator[BaseMessage]:
        runnable = self.client.model.bind_tools(told) if told and not written_down else self.client.model
        more = self._limited(min(most or written.MOST, written.MOST) if written_down else most)
        if written_down and self.habits.response_format and self.client.is_openai:
            more.setdefault("extra_body", {})["response_format"] = written.form(told)
        if not (self.streams and self.habits.stream):
            yield runnable.invoke(messages, **more)
            return
        if self.client.is_openai and not self.habits.stream_options:
            more["stream_usage"] = False
        yield from runnable.stream(messages, **more)

    def _limited(self, most: int | None) -> dict[str, Any]:
        name = self.habits.limit or self.client.limit
        if most is None or name in ("", "none"):
            return {}
        return {"extra_body": {name: most}} if self.client.is_openai else {name: most}

    def _failures(self) -> tuple[type[Exception], ...]:
        """What a provider's package raises; of packages that are not OpenAI's, anything."""
        if not self.client.is_openai:
            return (Exception,)
        import httpx2
        import openai

        malformed = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
        return (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, *malformed)

    def _failed(self, exc: Exception, received: Received) -> Failure | None:
        from pydantic import ValidationError

        from tools.core.errors import EkibenError

        if isinstance(exc, EkibenError):
            raise exc
        self.context.check()  # a wait that --timeout ended is no fault of the server
        if isinstance(exc, ValidationError) and any("tool_call" in str(e["loc"]) for e in exc.errors()):
            received.calls, received.finish = [Given("", "", text="no object")], "stop"
            return None
        return failure_of(exc, self.client.name, self.client.base_url, self.client.secrets)

    def _does_without(self, what: str) -> bool:
        """Whether the request is worth making again without something that the server does not take."""
        if what == "tools":
            return False
        if what in OTHER_NAME:
            first = self.habits.limit or self.client.limit
            if first == "none" or (what == first and self.habits.limit):
                return False
            self.habits.limit = OTHER_NAME[what]
        elif getattr(self.habits, what):
            setattr(self.habits, what, False)
        else:
            return False
        self._keep()
        return True

    def _keep(self) -> None:
        servers.remember(self.client.address, self.habits)

    def _wait(self, failure: Failure, pause: float) -> None:
        seconds = pause if failure.wait is None else failure.wait
        told = failure.error.message
        if seconds > self.context.seconds_left():
            raise LimitReached(
                f"{told} It asks to wait {seconds:.0f} s, and --timeout leaves less.", "Raise --timeout."
            )
        if seconds > MOST_WAIT:
            raise PlannerFailed(f"{told} It asks to wait {seconds:.0f} s.", "Go on then with: ekiben resume")
        self.context.progress(None, f"{told} Trying again in {seconds:.0f} s.")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.context.check()
            time.sleep(min(left, SLICE))


def _in_words(received: Received) -> bool:
    return received.finish == "stop" and bool(received.text.strip())
