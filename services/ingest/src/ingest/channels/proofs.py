"""How a channel that is configured proves who it is: the ways that platforms share.

Each compares in constant time with every secret of the shop; secrets themselves are never here.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from ingest.channels.channel import Call, Unauthentic
from ingest.channels.signing import require_recent

Algorithm = Literal["sha1", "sha256", "sha512"]
Encoding = Literal["hex", "base64"]
STRIPE_SIGNATURES_MAX = 10
_MILLISECONDS = 10**11
_DIGITS_MAX = 18
_PLACES = re.compile(r"\{(timestamp|url|body)\}")


class Proof(Protocol):
    def check(self, call: Call, secrets: Sequence[str]) -> None:
        """See that the call is the channel's.

        Raises:
            Unauthentic: it is not, or it is too old.
        """


def template(text: str) -> tuple[str, ...]:
    """Read what is signed, such as `{timestamp}.{body}`: literal texts and places by turns.

    Raises:
        ValueError: it has another place, or not the body exactly once.
    """
    parts = tuple(_PLACES.split(text))
    if any("{" in literal or "}" in literal for literal in parts[::2]):
        raise ValueError("may have {timestamp}, {url} and {body} in braces, and nothing else")
    if parts[1::2].count("body") != 1 or parts[1::2].count("timestamp") > 1:
        raise ValueError("must have {body} once, and {timestamp} once at most")
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Hmac:
    """A keyed hash in a header, over the body and what else the template names."""

    header: str
    prefix: str = ""
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    signed: tuple[str, ...] = ("", "body", "")
    timestamp: str | None = None
    """The header with the time of signing."""
    tolerance: float = 0.0

    def check(self, call: Call, secrets: Sequence[str]) -> None:
        time = call.headers.get(self.timestamp, "") if self.timestamp else ""
        if self.timestamp:
            require_recent(_seconds(time), call.now, self.tolerance)
        given = _after(self.prefix, call.headers.get(self.header), "signature")
        values = {"timestamp": _bytes(time), "url": _bytes(call.url), "body": call.body}
        message = b"".join(
            values[part] if place % 2 else part.encode() for place, part in enumerate(self.signed)
        )
        _require([_spelled(given, self.encoding)], self._made(message), secrets)

    def _made(self, message: bytes) -> Callable[[str], bytes]:
        def made(secret: str) -> bytes:
            digest = hmac.digest(secret.encode(), message, self.algorithm)
            return digest.hex().encode() if self.encoding == "hex" else b64encode(digest)

        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripe:
    """Time and signatures in one header, `t=…,v1=…,v1=…`, over time, dot and body."""

    header: str
    tolerance: float

    def check(self, call: Call, secrets: Sequence[str]) -> None:
        pairs = [
            part.strip().partition("=") for part in call.headers.get(self.header, "").split(",")
        ]
        times = [value for name, _, value in pairs if name == "t"]
        given = [_spelled(value, "hex") for name, _, value in pairs if name == "v1" and value]
        if len(times) != 1 or not given:
            raise Unauthentic("The call has no signature.")
        if len(given) > STRIPE_SIGNATURES_MAX:
            raise Unauthentic("The call has too many signatures.")
        require_recent(_seconds(times[0]), call.now, self.tolerance)
        message = _bytes(times[0]) + b"." + call.body

        def made(secret: str) -> bytes:
            return hmac.digest(secret.encode(), message, "sha256").hex().encode()

        _require(given, made, secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The secret itself, in a header or a parameter of the address."""

    header: str | None = None
    prefix: str = ""
    query: str | None = None

    def check(self, call: Call, secrets: Sequence[str]) -> None:
        if self.header is not None:
            given = _after(self.prefix, call.headers.get(self.header), "token")
        else:
            given = _after("", call.query.get(self.query or ""), "token")
        _require([_bytes(given)], str.encode, secrets, what="token")


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password (RFC 7617); the secret is written `user:password`."""

    def check(self, call: Call, secrets: Sequence[str]) -> None:
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic" or not given:
            raise Unauthentic("The call has no password.")
        made: Callable[[str], bytes] = lambda secret: b64encode(secret.encode())  # noqa: E731
        _require([_bytes(given.strip())], made, secrets, what="password")


def _require(
    given: Sequence[bytes],
    made: Callable[[str], bytes],
    secrets: Sequence[str],
    *,
    what: str = "signature",
) -> None:
    right = [made(secret) for secret in secrets]
    # All are tried, so that the time taken does not tell which one fits.
    matches = [hmac.compare_digest(one, offered) for one in right for offered in given]
    if not any(matches):
        fits = "fit the body" if what == "signature" else "fit the shop"
        raise Unauthentic(f"The {what} does not {fits}.")


def _after(prefix: str, given: str | None, what: str) -> str:
    if not given or not given.startswith(prefix):
        raise Unauthentic(f"The call has no {what}.")
    return given.removeprefix(prefix)


def _spelled(given: str, encoding: Encoding) -> bytes:
    """Digits of hexadecimal are the same in capitals."""
    return _bytes(given.lower() if encoding == "hex" else given)


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _seconds(text: str) -> float:
    """Return seconds since 1970: from a number, of milliseconds where it is large, or ISO 8601."""
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX:
        number = int(text)
        return number / 1000 if number >= _MILLISECONDS else float(number)
    try:
        time = datetime.fromisoformat(text)
        seconds = time.timestamp()
    except (ValueError, OverflowError):
        raise Unauthentic("The call has no timestamp.") from None
    if time.tzinfo is None:  # whose clock would it be?
        raise Unauthentic("The timestamp has no offset.")
    return seconds
