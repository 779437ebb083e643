"""What of a receiver can be compared with a list: a phone's fingerprint, an address's bare text."""

import hashlib
import re
import unicodedata

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def phone_fingerprint(phone: str | None) -> str | None:
    """Return the SHA-256 of a phone in E.164 form; None where there is no such phone to compare."""
    if phone is None or _E164.fullmatch(phone) is None:
        return None
    return hashlib.sha256(phone.encode()).hexdigest()


def comparable(text: str) -> str:
    """Drop what people vary without meaning anything by it: width, case and white space."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
