"""The one format of an order: what is valid is written in it, what is not stays as it came."""

from dataclasses import replace
from datetime import UTC, datetime

from ingest.domain.draft import Draft, DraftAddress, DraftLine, DraftPayment
from ingest.domain.phone import NATIONAL_DEFAULT, e164


def normalised(draft: Draft) -> tuple[Draft, bool]:
    """Return the draft in the one format, and whether its phone number could be brought into it."""
    country = (draft.address.country or "").strip().upper() or NATIONAL_DEFAULT
    phone = e164(draft.customer.phone or "", country)
    email = draft.customer.email and draft.customer.email.strip().lower()
    normal = replace(
        draft,
        channel_order_no=draft.channel_order_no and draft.channel_order_no.strip(),
        placed_at=_in_utc(draft.placed_at),
        currency=draft.currency and draft.currency.strip().upper(),
        customer=replace(
            draft.customer,
            name=draft.customer.name if draft.needs_receiver else draft.customer.name or "",
            phone=phone or draft.customer.phone or None,
            email=email or None,
        ),
        address=_filled(draft, country),
        lines=tuple(_named(line) for line in draft.lines),
        payments=tuple(normal_payment(payment) for payment in draft.payments),
        device=(draft.device or "").strip() or None,
    )
    return normal, phone is not None


def normal_payment(payment: DraftPayment) -> DraftPayment:
    return replace(payment, method=payment.method or "unknown", paid_at=_in_utc(payment.paid_at))


def _named(line: DraftLine) -> DraftLine:
    sku = line.sku and line.sku.strip()
    return (
        line if line.title and sku == line.sku else replace(line, sku=sku, title=line.title or sku)
    )


def _filled(draft: Draft, country: str) -> DraftAddress:
    """Write what an address does not have as empty: not every country has provinces."""
    address = draft.address
    return replace(
        address,
        detail=address.detail if draft.needs_receiver else address.detail or "",
        country=country,
        province=address.province or "",
        city=address.city or "",
        district=address.district or "",
    )


def _in_utc(time: datetime | None) -> datetime | None:
    """Write a time in UTC; one without an offset, or that UTC has no date for, stays."""
    if time is None or time.tzinfo is None:
        return time
    try:
        return time.astimezone(UTC)
    except OverflowError:
        return time
