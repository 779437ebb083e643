"""Signatures as the platforms describe them, written apart from those of intake on purpose."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def router_md5(parameters: Mapping[str, str], secret: str, body: str = "") -> str:
    """Sign as Taobao's, JD's and Pinduoduo's routers do: sorted names and values, in the secret."""
    text = secret
    for name in sorted(parameters):
        if name != "sign" and parameters[name] != "":
            text += name + parameters[name]
    return hashlib.md5((text + body + secret).encode(), usedforsecurity=False).hexdigest().upper()


def base64_hmac(message: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def md5(message: bytes) -> str:
    return hashlib.md5(message, usedforsecurity=False).hexdigest()


def wechat_signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def wechat_encrypted(message: bytes, encoding_key: str, app_id: str) -> str:
    """Encrypt as WeChat does: random bytes, length, message, app id; padded to blocks of 32."""
    key = base64.b64decode(encoding_key + "=")
    plain = secrets.token_bytes(16) + len(message).to_bytes(4, "big") + message + app_id.encode()
    padding = 32 - len(plain) % 32
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = cipher.update(plain + bytes([padding]) * padding) + cipher.finalize()
    return base64.b64encode(sealed).decode()


def same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
