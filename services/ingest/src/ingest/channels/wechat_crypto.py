"""WeChat's message encryption: AES-256-CBC around random bytes, length, message and app id.

Source: developers.weixin.qq.com, "Message encryption and decryption". The padding is PKCS#7 with a
block of 32 bytes, twice the cipher's own.
"""

import hashlib
import struct
from base64 import b64decode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ingest.channels.channel import Unauthentic

BLOCK = 32
_RANDOM_BYTES = 16
_KEY_LENGTH = 43


def signature(token: str, *parts: str) -> str:
    """Return the sha1 of the token and the parts, sorted and joined."""
    joined = "".join(sorted((token, *parts))).encode(errors="replace")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def decrypt(encoding_key: str, app_id: str, text: str) -> bytes:
    """Return the message inside.

    Raises:
        Unauthentic: it was encrypted with another key, or for another app.
    """
    try:
        sealed = b64decode(text, validate=True)
        reader = _cipher(encoding_key).decryptor()
        padded = reader.update(sealed) + reader.finalize()
        plain = padded[: -_padding(padded)]
        (length,) = struct.unpack(">I", plain[_RANDOM_BYTES : _RANDOM_BYTES + 4])
    except (ValueError, IndexError, struct.error):
        raise Unauthentic("The message cannot be decrypted.") from None
    begin = _RANDOM_BYTES + 4
    message, receiver = plain[begin : begin + length], plain[begin + length :]
    if len(message) < length or receiver.decode(errors="replace") != app_id:
        raise Unauthentic("The message is for another app.")
    return message


def _padding(padded: bytes) -> int:
    missing = padded[-1]
    if not 1 <= missing <= BLOCK or padded[-missing:] != bytes([missing]) * missing:
        raise ValueError
    return missing


def _cipher(encoding_key: str) -> "Cipher[modes.CBC]":
    if len(encoding_key) != _KEY_LENGTH:
        raise ValueError
    key = b64decode(encoding_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
