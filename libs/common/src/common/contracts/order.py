"""The parts of an order that more than one event carries."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Delivery = Literal["shipment", "in_store"]
"""How the goods reach the buyer: by a parcel, or over the counter where they were sold."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Customer(Part):
    """Who ordered. Personal data: never in a log, a metric label or an error message."""

    name: str
    phone: str | None
    email: str | None
    platform_id: str | None
    receiver_token: str | None = None
    """The channel's key to a receiver that it shows masked only, such as Taobao's oaid."""


class Address(Part):
    """Where it goes. Personal data from district downwards."""

    country: str
    province: str
    city: str
    district: str
    detail: str
    postcode: str | None


class Line(Part):
    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    discount_minor: int


class Amounts(Part):
    """payable = goods - discount + freight + tax; goods = Σ quantity × unit price - discount."""

    goods_minor: int
    freight_minor: int
    discount_minor: int
    tax_minor: int
    payable_minor: int


class Payment(Part):
    """Money the channel says it took for the order."""

    reference: str
    method: str
    amount_minor: int
    paid_at: AwareDatetime


class Order(Part):
    """An order as ingest accepted it: valid, normalised, and complete for every reader."""

    channel: str
    shop: str
    channel_order_no: str
    placed_at: AwareDatetime
    currency: str
    customer: Customer
    address: Address
    lines: tuple[Line, ...]
    amounts: Amounts
    payments: tuple[Payment, ...]
    memo: str | None
    device: str | None = None
    """A fingerprint of what it was ordered with, where the channel tells: a hash."""
    delivery: Delivery = "shipment"
    """In store: receiver and address may be empty, and no warehouse has anything to do."""
