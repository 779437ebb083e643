"""The fields of an order that a mapping may fill, and what each is."""

from collections.abc import Mapping

from ingest.domain.mapping.kinds import Kind

ORDER_FIELDS: Mapping[str, Kind] = {
    "channel_order_no": Kind.TEXT,
    "placed_at": Kind.TIME,
    "customer.name": Kind.TEXT,
    "customer.phone": Kind.TEXT,
    "customer.email": Kind.TEXT,
    "customer.platform_id": Kind.TEXT,
    "customer.receiver_token": Kind.TEXT,
    "address.country": Kind.TEXT,
    "address.province": Kind.TEXT,
    "address.city": Kind.TEXT,
    "address.district": Kind.TEXT,
    "address.detail": Kind.TEXT,
    "address.postcode": Kind.TEXT,
    "amounts.goods_minor": Kind.WHOLE,
    "amounts.freight_minor": Kind.WHOLE,
    "amounts.discount_minor": Kind.WHOLE,
    "amounts.tax_minor": Kind.WHOLE,
    "amounts.payable_minor": Kind.WHOLE,
    "memo": Kind.TEXT,
    "device": Kind.TEXT,
    "delivery": Kind.TEXT,
    "changed_at": Kind.TIME,
}
LINE_FIELDS: Mapping[str, Kind] = {
    "sku": Kind.TEXT,
    "title": Kind.TEXT,
    "quantity": Kind.WHOLE,
    "unit_price_minor": Kind.WHOLE,
    "discount_minor": Kind.WHOLE,
}
PAYMENT_FIELDS: Mapping[str, Kind] = {
    "reference": Kind.TEXT,
    "method": Kind.TEXT,
    "amount_minor": Kind.WHOLE,
    "paid_at": Kind.TIME,
}
REFUND_FIELDS: Mapping[str, Kind] = {
    "reference": Kind.TEXT,
    "amount_minor": Kind.WHOLE,
    "reason": Kind.TEXT,
    "requested_at": Kind.TIME,
}
