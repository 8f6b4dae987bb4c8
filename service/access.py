"""Who may ask: the service key, and the origins whose pages may call the service from a browser."""

import base64
import binascii
import hmac
import json
import os
from collections.abc import Mapping, Sequence

Headers = Sequence[tuple[bytes, bytes]]
KEY, ORIGINS = "EKIBEN_SERVICE_KEY", "EKIBEN_CORS"
"""Variables of the service's environment: the key, and a JSON list of origins."""
OPEN = ("/livez", "/readyz", "/healthz")
"""Paths that need no key: whoever looks after the process asks there."""
ASKED = [(b"www-authenticate", b'Bearer realm="ekiben"'), (b"www-authenticate", b'Basic realm="ekiben, any name"')]
"""A browser asks for name and password by the second; the password is the key."""
SECONDS_KEPT = b"600"


class Access:
    """The key that is needed, if any, and the origins that are allowed."""

    def __init__(self, key: str = "", origins: Sequence[str] = ()) -> None:
        self.key = key.encode()
        self.origins = frozenset(origin.encode() for origin in origins)

    @classmethod
    def of_environment(cls, variables: Mapping[str, str] | None = None) -> "Access":
        """As the process was started."""
        told = os.environ if variables is None else variables
        return cls(told.get(KEY, ""), json.loads(told.get(ORIGINS) or "[]"))

    def admits(self, path: str, headers: Headers) -> bool:
        """Whether a request may go on: compared in constant time."""
        if not self.key or path in OPEN:
            return True
        given = next((value for name, value in headers if name == b"authorization"), b"")
        return hmac.compare_digest(_key_in(given), self.key)

    def allowed(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """The headers that let a page of an allowed origin read the answer."""
        if not self.origins:
            return []
        origin = next((value for name, value in headers if name == b"origin"), b"")
        if origin in self.origins or b"*" in self.origins:
            return [(b"access-control-allow-origin", origin or b"*"), (b"vary", b"origin")]
        return [(b"vary", b"origin")]

    def preflight(self, headers: Headers) -> list[tuple[bytes, bytes]] | None:
        """What a browser is told before it calls; None where the origin is not allowed."""
        told = self.allowed(headers)
        if not any(name == b"access-control-allow-origin" for name, _ in told):
            return None
        more = [(b"access-control-allow-methods", b"GET, POST"), (b"access-control-max-age", SECONDS_KEPT)]
        return [*told, *more, (b"access-control-allow-headers", b"authorization, content-type")]


def _key_in(given: bytes) -> bytes:
    """The key in an Authorization header, as a bearer token or a password (RFC 6750, RFC 7617)."""
    kind, _, value = given.partition(b" ")
    if kind.lower() == b"bearer":
        return value.strip()
    if kind.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""
