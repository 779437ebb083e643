"""Runs a mapping over one payload: drafts out, and what a rule could not read as reasons.

What one rule cannot read leaves its field empty and says so; the rest of the order is read all the
same, so that whoever corrects it sees everything but the one field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.domain.draft import (
    ROWS_MAX,
    Draft,
    DraftAddress,
    DraftAmounts,
    DraftCustomer,
    DraftLine,
    DraftPayment,
)
from ingest.domain.incoming import DraftRefund, Incoming
from ingest.domain.mapping.compiled_mapping import CompiledMapping, CompiledThin
from ingest.domain.mapping.kinds import Setting
from ingest.domain.mapping.paths import read, rows
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.mapping.sections import (
    InHand,
    anchors_of,
    answer_of,
    holds,
    read_fields,
    read_rows,
    read_value,
    read_values,
    reason_of,
)
from ingest.domain.validation import EARLIEST, LATEST, Reason, key_reasons


@dataclass(frozen=True, slots=True)
class Told:
    """What a payload says of orders."""

    orders: tuple[Incoming | None, ...]
    """At each place where an order is; None for one that is skipped, or only named."""
    to_fetch: tuple[str, ...]
    """Numbers of the orders that it names and does not carry."""


def told(mapping: CompiledMapping, payload: Any, *, channel: str, shop: str, topic: str) -> Told:
    """Read all that a payload says.

    Raises:
        Unreadable: the payload is not what the mapping is for at all, or should name an order and
            does not.
    """
    orders: list[Incoming | None] = []
    numbers: list[str] = []
    for node in orders_in(mapping, payload, topic):
        order = in_hand(mapping, node, topic, shop)
        if mapping.thin is not None and _is_thin(mapping.thin, order):
            orders.append(None)
            numbers.append(_number_of(mapping.thin, order))
        else:
            orders.append(_order(mapping, order, channel=channel, shop=shop))
    return Told(tuple(orders), tuple(numbers))


def _number_of(thin: CompiledThin, order: InHand) -> str:
    number = read_value(thin.order_no, order, order.node, order.given)
    if not isinstance(number, str) or any(key_reasons("", number)):
        raise Unreadable("the message does not name its order")
    return number


def _is_thin(thin: CompiledThin, order: InHand) -> bool:
    # Nothing was counted yet: what the lines add up to is 0 here.
    return answer_of(thin.when, "thin.when", order, (*order.given, 0, 0))


def in_hand(mapping: CompiledMapping, node: Any, topic: str, shop: str) -> InHand:
    """Begin to read an order: where its paths begin, its currency, and its named values."""
    order = InHand(node, {})
    order.anchors = anchors_of(mapping, order)
    currency = (read_value(mapping.currency, order, node, ()) or "").upper()
    order.setting = Setting(currency, mapping.document.country)
    order.given = (topic, shop)
    order.given = (*order.given, *read_values(mapping.order, order, node, order.given))
    return order


def orders_in(mapping: CompiledMapping, payload: Any, topic: str) -> list[Any]:
    """Return the orders as they came; none where the topic is about something else.

    Raises:
        Unreadable: there is none where the mapping says, or it is no object.
    """
    if mapping.document.topics and topic not in mapping.document.topics:
        return []
    nodes = [payload]
    if mapping.at:
        found = (read(payload, path.steps) for path in mapping.at)
        node = next((one for one in found if one is not None), None)
        if node is None:
            raise Unreadable(f"{' or '.join(path.text for path in mapping.at)} is missing")
        nodes = rows(node)
    if len(nodes) > ROWS_MAX:
        raise Unreadable(f"there are more than {ROWS_MAX} orders")
    if not all(isinstance(node, dict) for node in nodes):
        raise Unreadable("the payload is no object")
    return nodes


def _order(mapping: CompiledMapping, order: InHand, *, channel: str, shop: str) -> Incoming | None:
    lines = [_line(found) for found in read_rows(mapping.lines, order)]
    payments: list[DraftPayment] = []
    for each in mapping.payments:
        payments += [DraftPayment(**found) for found in read_rows(each, order, len(payments))]
    counted = (*order.given, _goods(lines), len(lines))
    unnumbered = _unnumbered(mapping, order, counted) if payments else None
    fields = read_fields(mapping.order, order, order.node, counted)
    refunds = [_refund(found) for each in mapping.refunds for found in read_rows(each, order)]
    changed_at = fields.pop("changed_at", None)
    if holds(mapping.skipped, "skipped", order, counted):
        return None
    for number, (check, when) in enumerate(mapping.checks):
        if answer_of(when, f"checks.{number}.when", order, counted):
            order.problems.append(Reason(check.code, check.field, check.message))
    cancelled = reason_of(mapping.cancelled, "cancelled", order, counted)
    held = reason_of(mapping.held, "held", order, counted)
    return Incoming(
        draft=_draft(
            fields,
            channel=channel,
            shop=shop,
            currency=order.setting.currency,
            lines=tuple(lines),
            payments=tuple(payments),
        ),
        problems=tuple(order.problems),
        cancelled=cancelled,
        held=held,
        changed_at=_possible(changed_at),
        refunds=tuple(refunds),
        unnumbered=unnumbered,
    )


def _unnumbered(mapping: CompiledMapping, order: InHand, given: tuple[object, ...]) -> str | None:
    rule = mapping.unnumbered_payment
    name = read_value(rule, order, order.node, given) if rule else None
    return name if isinstance(name, str) else None


def _goods(lines: Sequence[DraftLine]) -> int:
    return sum(
        (line.quantity or 0) * (line.unit_price_minor or 0) - line.discount_minor for line in lines
    )


def _refund(found: dict[str, Any]) -> DraftRefund:
    return DraftRefund(**{**found, "requested_at": _possible(found.get("requested_at"))})


def _possible(time: datetime | None) -> datetime | None:
    """Return a time that others can be compared with; one that is none was not told."""
    if time is None or time.tzinfo is None or not EARLIEST <= time < LATEST:
        return None
    return time


def _line(found: dict[str, Any]) -> DraftLine:
    return DraftLine(**{**found, "discount_minor": found.get("discount_minor") or 0})


def _draft(fields: Mapping[str, Any], **given: Any) -> Draft:
    """Put the parts together; what is no part of an order is given as it is."""
    parts: dict[str, dict[str, Any]] = {"customer": {}, "address": {}, "amounts": {}, "": {}}
    for name, value in fields.items():
        part, _, leaf = name.rpartition(".")
        parts[part][leaf] = value
    amounts = {name: value or 0 for name, value in parts["amounts"].items()}
    for name in ("goods_minor", "payable_minor"):
        amounts[name] = parts["amounts"].get(name)
    if parts[""].get("delivery") is None:
        parts[""].pop("delivery", None)
    return Draft(
        customer=DraftCustomer(**parts["customer"]),
        address=DraftAddress(**parts["address"]),
        amounts=DraftAmounts(**amounts),
        **parts[""],
        **given,
    )
