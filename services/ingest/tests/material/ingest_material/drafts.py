"""Drafts: one that is valid, many that are, and any that can be built."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from common.money import MINOR_MAX
from ingest.domain.draft import (
    Draft,
    DraftAddress,
    DraftAmounts,
    DraftCustomer,
    DraftLine,
    DraftPayment,
)

NOW = datetime(2025, 11, 22, 2, 0, tzinfo=UTC)
PLACED_AT = datetime(2025, 11, 22, 1, 30, tzinfo=UTC)
AMOUNTS = ("goods_minor", "freight_minor", "discount_minor", "tax_minor", "payable_minor")


def a_line(**changes: Any) -> DraftLine:
    line = DraftLine(sku="SKU-0001", title="预制菜 A", quantity=2, unit_price_minor=1990)
    return replace(line, **changes)


def a_payment(**changes: Any) -> DraftPayment:
    payment = DraftPayment(
        reference="P-1",
        method="alipay",
        amount_minor=4080,
        paid_at=PLACED_AT + timedelta(minutes=1),
    )
    return replace(payment, **changes)


def a_draft(**changes: Any) -> Draft:
    """Return a valid draft with these changes; `customer__phone` changes a field of a part."""
    draft = Draft(
        channel="mall",
        shop="demo",
        channel_order_no="M-1001",
        placed_at=PLACED_AT,
        currency="CNY",
        customer=DraftCustomer(name="张三", phone="138 0013 8000"),
        address=DraftAddress(
            country="CN", province="浙江省", city="杭州市", district="西湖区", detail="文三路 1 号"
        ),
        lines=(a_line(),),
        amounts=DraftAmounts(
            goods_minor=3980, freight_minor=600, discount_minor=500, tax_minor=0, payable_minor=4080
        ),
        payments=(a_payment(),),
    )
    for name, value in changes.items():
        part, _, field = name.partition("__")
        inner = replace(getattr(draft, part), **{field: value}) if field else value
        draft = replace(draft, **{part: inner})
    return draft


# -- valid ones

_WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
_MINOR = st.integers(0, 10_000_00)
_PHONES = st.sampled_from(
    [
        ("CN", "138 0013 8000"),
        ("CN", "１３８００１３８０００"),
        ("cn", "0086-13800138000"),
        (None, "+86 138 0013 8000"),
        ("  ", "13800138000"),
        ("CN", "0571-87654321"),
        ("US", "(415) 555-2671"),
        ("HK", "2123 4567"),
        ("DE", "030 901820"),
        ("IT", "06 6982 1234"),
        ("AR", "011 15-2345-6789"),
    ]
)
_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@st.composite
def valid_lines(draw: st.DrawFn) -> DraftLine:
    quantity, price = draw(st.integers(1, 1000)), draw(_MINOR)
    return DraftLine(
        sku=draw(_WORDS),
        title=draw(st.none() | _WORDS),
        quantity=quantity,
        unit_price_minor=price,
        discount_minor=draw(st.integers(0, quantity * price)),
    )


@st.composite
def valid_drafts(draw: st.DrawFn) -> Draft:
    country, phone = draw(_PHONES)
    lines = tuple(draw(st.lists(valid_lines(), min_size=1, max_size=6)))
    goods = sum(
        (line.quantity or 0) * (line.unit_price_minor or 0) - line.discount_minor for line in lines
    )
    freight, tax, discount = draw(_MINOR), draw(_MINOR), draw(st.integers(0, goods))
    times = st.datetimes(datetime(2001, 1, 1), datetime(2025, 11, 21), timezones=_OFFSETS)  # noqa: DTZ001
    references = draw(st.lists(_WORDS, max_size=3, unique=True))
    return a_draft(
        channel_order_no=draw(_WORDS),
        placed_at=draw(times),
        currency=draw(st.sampled_from(["CNY", " usd ", "jpy"])),
        customer=DraftCustomer(
            name=draw(_WORDS), phone=phone, email=draw(st.none() | st.emails() | st.just("  "))
        ),
        address=DraftAddress(
            country=country, province=draw(st.none() | _WORDS), city="C", detail="D"
        ),
        lines=lines,
        amounts=DraftAmounts(
            goods_minor=goods,
            freight_minor=freight,
            discount_minor=discount,
            tax_minor=tax,
            payable_minor=goods - discount + freight + tax,
        ),
        payments=tuple(
            a_payment(reference=reference, method=draw(st.none() | _WORDS), paid_at=draw(times))
            for reference in references
        ),
    )


# -- any that can be built

_TEXT = st.none() | st.text(max_size=20) | st.sampled_from(["\x00", " ", "*" * 11, "x" * 3000])
_NUMBER = st.integers() | st.sampled_from([MINOR_MAX, -MINOR_MAX, 10**4299, -(10**4299)])
_WHOLE = st.none() | _NUMBER
_TIMES = st.none() | st.datetimes(timezones=st.none() | _OFFSETS)


def any_drafts() -> st.SearchStrategy[Draft]:
    return st.builds(
        Draft,
        channel=_TEXT,
        shop=_TEXT,
        channel_order_no=_TEXT,
        placed_at=_TIMES,
        currency=_TEXT,
        customer=st.builds(
            DraftCustomer,
            name=_TEXT,
            phone=_TEXT | st.text("0123456789+-* xX()", max_size=30),
            email=_TEXT,
            platform_id=_TEXT,
        ),
        address=st.builds(
            DraftAddress,
            country=_TEXT | st.sampled_from(["CN", "US", "DE", "001", "ZZ"]),
            province=_TEXT,
            city=_TEXT,
            district=_TEXT,
            detail=_TEXT,
            postcode=_TEXT,
        ),
        lines=st.lists(
            st.builds(
                DraftLine,
                sku=_TEXT,
                title=_TEXT,
                quantity=_WHOLE,
                unit_price_minor=_WHOLE,
                discount_minor=_NUMBER,
            ),
            max_size=3,
        ).map(tuple),
        amounts=st.builds(
            DraftAmounts,
            goods_minor=_WHOLE,
            freight_minor=_NUMBER,
            discount_minor=_NUMBER,
            tax_minor=_NUMBER,
            payable_minor=_WHOLE,
        ),
        payments=st.lists(
            st.builds(
                DraftPayment, reference=_TEXT, method=_TEXT, amount_minor=_WHOLE, paid_at=_TIMES
            ),
            max_size=3,
        ).map(tuple),
        memo=_TEXT,
        device=_TEXT,
    )
