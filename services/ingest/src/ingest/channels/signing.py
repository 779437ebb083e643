"""Signatures that several platforms share, each compared in constant time with every secret."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence

from ingest.channels.channel import Unauthentic


def require(given: str | None, made: Callable[[str], str], secrets: Sequence[str]) -> None:
    """See that the signature given is one that some secret makes.

    Raises:
        Unauthentic: it is not, or there is none.
    """
    if not given:
        raise Unauthentic("The call has no signature.")
    offered = given.encode(errors="replace")
    # All are tried, so that the time taken does not tell which one fits.
    matches = [hmac.compare_digest(made(secret).encode(), offered) for secret in secrets]
    if not any(matches):
        raise Unauthentic("The signature does not fit the body.")


def require_recent(seconds: float, now: float, tolerance: float) -> None:
    """See that a call was signed lately: an old one may be somebody else's copy."""
    if abs(now - seconds) > tolerance:
        raise Unauthentic("The call was not signed within the last minutes.")


def hmac_sha256_base64(message: bytes) -> Callable[[str], str]:
    return lambda secret: b64encode(_hmac(secret, message)).decode()


def hmac_sha256_hex(message: bytes) -> Callable[[str], str]:
    return lambda secret: _hmac(secret, message).hex()


def _hmac(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def router(parameters: Mapping[str, str], method: str, body: bytes = b"") -> Callable[[str], str]:
    """Return the signature of the routers of Taobao (TOP, Qimen), JD and Pinduoduo, in capitals.

    Names and values by ASCII order without separators, empty ones left out, then the body; md5
    wraps them in the secret, the HMACs are keyed by it (open.taobao.com, API call format).
    """
    joined = "".join(
        f"{name}{parameters[name]}" for name in sorted(parameters) if parameters[name]
    ).encode(errors="replace")
    text = joined + body

    def made(secret: str) -> str:
        key = secret.encode()
        match method:
            case "hmac":
                return hmac.new(key, text, hashlib.md5).hexdigest().upper()
            case "hmac-sha256":
                return hmac.new(key, text, hashlib.sha256).hexdigest().upper()
            case _:
                return hashlib.md5(key + text + key, usedforsecurity=False).hexdigest().upper()

    return made


def md5_hex(message: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """Return an md5 over what a platform puts the secret into."""
    return lambda secret: hashlib.md5(message(secret.encode()), usedforsecurity=False).hexdigest()
