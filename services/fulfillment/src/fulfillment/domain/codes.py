"""The short codes on task sheets and parcel labels, made to be scanned and, at need, typed."""

from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U to misread
_DIGITS = 11  # 55 bits of the id's random end: a clash is not expected in a lifetime of parcels
_TASK, _PARCEL = "T", "P"
_MISREAD = str.maketrans("ILO", "110")


def task_code(task_id: UUID) -> str:
    number = task_id.int
    digits = "".join(_ALPHABET[number >> shift & 31] for shift in range(0, 5 * _DIGITS, 5))
    return _TASK + digits


def parcel_code(code: str) -> str:
    """Return the code of the parcel that a task packs."""
    return _PARCEL + code[1:]


def scanned_task_code(text: str) -> str | None:
    """Return the task a scanned task or parcel code stands for, or None where it is no code."""
    code = text.strip().upper()
    digits = code[1:].translate(_MISREAD)
    well_formed = len(digits) == _DIGITS and all(d in _ALPHABET for d in digits)
    return _TASK + digits if well_formed and code[0] in (_TASK, _PARCEL) else None
