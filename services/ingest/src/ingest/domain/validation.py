"""What an order must have before it may enter; what it lacks are the reasons for its quarantine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.money import MINOR_MAX
from ingest.domain.draft import IN_STORE, SHIPMENT, Draft, DraftLine, DraftPayment
from ingest.domain.normal import normalised

LINES_MAX = 500
PAYMENTS_MAX = 100
QUANTITY_MAX = 1_000_000
TEXT_LENGTH_MAX = 2_000
DEVICE_LENGTH_MAX = 64
KEY_LENGTH_MAX = 200
"""Of texts that rows are found by, here and in every later service."""
MASKED_LENGTH_MIN = 10
CLOCK_AHEAD_MAX = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""What is older is no time but a placeholder for none, such as the year 1."""
LATEST = datetime(3000, 1, 1, tzinfo=UTC)
_SHOWN_MAX = 10**18
_CURRENCY = re.compile(r"[A-Z]{3}")
LEGIBLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # and half a character


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing wrong with one field."""

    code: str
    field: str
    message: str
    value: str | None = None
    """The value, masked: enough to recognise it, not enough to know it."""


def checked(draft: Draft, now: datetime) -> tuple[Draft, list[Reason]]:
    """Bring what can be brought into the one format, and say what is wrong with the rest.

    An empty list lets the order in.
    """
    normal, phone_valid = normalised(draft)
    reasons = [
        *_identity(normal, now),
        *_phone(normal, valid=phone_valid),
        *_receiver(normal),
        *_lines(normal),
        *_amounts(normal),
        *_payments(normal),
        *_texts(normal),
    ]
    return normal, reasons


def _identity(draft: Draft, now: datetime) -> Iterator[Reason]:
    if not draft.channel_order_no:
        yield Reason("missing_order_no", "channel_order_no", "The order has no number.")
    if draft.placed_at is None:
        yield Reason("missing_placed_at", "placed_at", "The order has no time.")
    elif draft.placed_at.tzinfo is None:
        yield Reason("no_time_zone", "placed_at", "The time has no offset.")
    elif draft.placed_at > now + CLOCK_AHEAD_MAX:
        yield Reason("placed_in_future", "placed_at", "The order is from the future.")
    elif draft.placed_at < EARLIEST:
        yield Reason("placed_long_ago", "placed_at", "The order is from before there were any.")
    if not _CURRENCY.fullmatch(draft.currency or ""):
        yield Reason("bad_currency", "currency", "The currency is no ISO 4217 code.")
    if draft.delivery not in {SHIPMENT, IN_STORE}:
        message = f"The delivery is neither {SHIPMENT} nor {IN_STORE}."
        yield Reason("bad_delivery", "delivery", message)


def _phone(draft: Draft, *, valid: bool) -> Iterator[Reason]:
    phone = (draft.customer.phone or "").strip()
    if not draft.needs_receiver:
        return
    if not phone:
        yield Reason("missing_phone", "customer.phone", "The receiver has no phone number.")
    elif not valid:
        message = "The phone number is not valid."
        yield Reason("bad_phone", "customer.phone", message, masked(phone))


def _receiver(draft: Draft) -> Iterator[Reason]:
    if not draft.needs_receiver:
        return
    if not (draft.customer.name or "").strip():
        yield Reason("missing_name", "customer.name", "The receiver has no name.")
    if not (draft.address.detail or "").strip():
        yield Reason("missing_address", "address.detail", "The address has no street.")
    if not (draft.address.city or draft.address.province or "").strip():
        yield Reason("missing_city", "address.city", "The address has no city.")


def _lines(draft: Draft) -> Iterator[Reason]:
    if not draft.lines:
        yield Reason("no_lines", "lines", "The order has no lines.")
    if len(draft.lines) > LINES_MAX:
        yield Reason("too_many_lines", "lines", f"The order has more than {LINES_MAX} lines.")
    for number, line in enumerate(draft.lines[:LINES_MAX]):
        yield from _line(line, f"lines.{number}")


def _line(line: DraftLine, place: str) -> Iterator[Reason]:
    if not (line.sku or "").strip():
        yield Reason("missing_sku", f"{place}.sku", "The line has no SKU.")
    if line.quantity is None or not 0 < line.quantity <= QUANTITY_MAX:
        message = f"The quantity is not between 1 and {QUANTITY_MAX}."
        yield Reason("bad_quantity", f"{place}.quantity", message, _shown(line.quantity))
    if line.unit_price_minor is None or not 0 <= line.unit_price_minor < MINOR_MAX:
        message = "The unit price is missing or out of range."
        yield Reason(
            "bad_price", f"{place}.unit_price_minor", message, _shown(line.unit_price_minor)
        )
    elif not 0 <= line.discount_minor <= _discount_max(line.unit_price_minor, line.quantity or 0):
        message = "The discount is not between nothing and the line's price."
        yield Reason(
            "bad_discount", f"{place}.discount_minor", message, _shown(line.discount_minor)
        )


def _discount_max(price: int, quantity: int) -> int:
    """Return the line's price, or the largest amount there is: what is beyond is never added."""
    return min(price * max(quantity, 0), MINOR_MAX - 1)


def _amounts(draft: Draft) -> Iterator[Reason]:
    amounts = draft.amounts
    parts = {
        "goods_minor": amounts.goods_minor,
        "freight_minor": amounts.freight_minor,
        "discount_minor": amounts.discount_minor,
        "tax_minor": amounts.tax_minor,
        "payable_minor": amounts.payable_minor,
    }
    wrong = [name for name, value in parts.items() if value is None or not 0 <= value < MINOR_MAX]
    for name in wrong:
        message = "The amount is missing or out of range."
        yield Reason("bad_amount", f"amounts.{name}", message, _shown(parts[name]))
    if wrong or not all(map(_countable, draft.lines)):
        return
    goods = sum(line_minor(line) for line in draft.lines)
    if draft.lines and goods != amounts.goods_minor:
        message = f"The lines add up to {goods}."
        yield Reason(
            "goods_do_not_add_up", "amounts.goods_minor", message, _shown(amounts.goods_minor)
        )
    payable = (
        (amounts.goods_minor or 0)
        - amounts.discount_minor
        + amounts.freight_minor
        + amounts.tax_minor
    )
    if payable != amounts.payable_minor:
        message = f"Goods - discount + freight + tax is {payable}."
        value = _shown(amounts.payable_minor)
        yield Reason("payable_does_not_add_up", "amounts.payable_minor", message, value)


def _countable(line: DraftLine) -> bool:
    numbers = (line.quantity, line.unit_price_minor, line.discount_minor)
    return all(number is not None and abs(number) < MINOR_MAX for number in numbers)


def line_minor(line: DraftLine) -> int:
    return (line.quantity or 0) * (line.unit_price_minor or 0) - line.discount_minor


def _payments(draft: Draft) -> Iterator[Reason]:
    references = [payment.reference for payment in draft.payments]
    if len(references) > PAYMENTS_MAX:
        message = f"The order has more than {PAYMENTS_MAX} payments."
        yield Reason("too_many_payments", "payments", message)
    for number, payment in enumerate(draft.payments[:PAYMENTS_MAX]):
        yield from payment_reasons(payment, f"payments.{number}")
    if len(set(references)) < len(references):
        yield Reason("repeated_payment", "payments", "Two payments have the same reference.")


def payment_reasons(payment: DraftPayment, place: str) -> Iterator[Reason]:
    if not (payment.reference or "").strip():
        yield Reason("missing_reference", f"{place}.reference", "The payment has no reference.")
    if payment.amount_minor is None or not 0 < payment.amount_minor < MINOR_MAX:
        message = "The payment's amount is missing or out of range."
        value = _shown(payment.amount_minor)
        yield Reason("bad_payment", f"{place}.amount_minor", message, value)
    paid_at = payment.paid_at
    if paid_at is None or paid_at.tzinfo is None or not EARLIEST <= paid_at < LATEST:
        message = "The payment has no possible time with an offset."
        yield Reason("bad_paid_at", f"{place}.paid_at", message)
    yield from key_reasons(f"{place}.reference", payment.reference)
    yield from key_reasons(f"{place}.method", payment.method)


def _texts(draft: Draft) -> Iterator[Reason]:
    customer, address = draft.customer, draft.address
    texts = {
        "customer.name": customer.name,
        "customer.phone": customer.phone,
        "customer.email": customer.email,
        "customer.platform_id": customer.platform_id,
        "customer.receiver_token": customer.receiver_token,
        "address.country": address.country,
        "address.province": address.province,
        "address.city": address.city,
        "address.district": address.district,
        "address.detail": address.detail,
        "address.postcode": address.postcode,
        "memo": draft.memo,
    }
    yield from key_reasons("channel_order_no", draft.channel_order_no)
    yield from _text("device", draft.device, DEVICE_LENGTH_MAX)
    for place, text in texts.items():
        yield from _text(place, text, TEXT_LENGTH_MAX)
    for number, line in enumerate(draft.lines[:LINES_MAX]):
        yield from key_reasons(f"lines.{number}.sku", line.sku)
        yield from _text(f"lines.{number}.title", line.title, TEXT_LENGTH_MAX)


def key_reasons(place: str, text: str | None) -> Iterator[Reason]:
    """Say why rows cannot be found by this text."""
    return _text(place, text, KEY_LENGTH_MAX)


def _text(place: str, text: str | None, length_max: int) -> Iterator[Reason]:
    """Refuse what no later service can store or show."""
    if text and not text.isprintable() and _CONTROL.search(text):  # the first answers at once
        yield Reason("control_character", place, "The text has a control character.")
    if text and len(text) > length_max:
        message = f"The text is longer than {length_max} characters."
        yield Reason("text_too_long", place, message)


def legible(text: str) -> str:
    """Return a text of somebody else's as it can be stored and shown."""
    return _CONTROL.sub(" ", text)[:KEY_LENGTH_MAX]


def masked(text: str) -> str:
    """Keep the ends of a value that identifies a person, and nothing of a short one."""
    text = _CONTROL.sub("", text)[:40]
    return "***" if len(text) < MASKED_LENGTH_MIN else f"{text[:3]}***{text[-2:]}"


def _shown(number: int | None) -> str | None:
    return None if number is None or abs(number) > _SHOWN_MAX else str(number)
