"""The clients of channels' order APIs, against a server that checks their signatures."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ingest_material.simulating import SHOP, Simulated, numbers, simulated

from ingest.domain.validation import checked
from ingest.gateways.channel_api import Away, ChannelApi, ChannelTrouble, Listed, Refused, Throttled
from ingest.gateways.configuration import configured
from ingest.gateways.registry import Shop
from ingest.mappings import built_in
from ingest.use_cases.reading import orders_of
from simulator.settings import CHANNELS

NOW = datetime.now(UTC)
SINCE, UNTIL = NOW - timedelta(minutes=5), NOW + timedelta(minutes=20)


@pytest.fixture(scope="module")
async def channels() -> AsyncIterator[Simulated]:
    async with simulated() as simulator:
        await simulator.sell_unseen(len(CHANNELS) * 3)
        yield simulator


async def all_of(api: ChannelApi) -> list[Listed]:
    found: list[Listed] = []
    page: str | None = None
    while True:
        answer = await api.orders(SINCE, UNTIL, page)
        found += answer.orders
        page = answer.next
        if page is None:
            return found


def facts_of(channel: str, raw: bytes, topic: str) -> dict[str, Any]:
    """Return what the channel's own mapping reads, as the simulator tells it."""
    read = orders_of(built_in(channel), raw, channel=channel, shop=SHOP, topic=topic)
    assert read.unreadable is None
    assert read.to_fetch == ()
    (incoming,) = read.incoming
    draft, reasons = checked(incoming.draft, NOW + timedelta(hours=1))
    assert (*incoming.problems, *reasons) == ()
    assert draft.placed_at is not None
    return {
        "channel": channel,
        "number": draft.channel_order_no,
        "sold_at": draft.placed_at.astimezone(UTC).isoformat(),
        "currency": draft.currency,
        "payable_minor": draft.amounts.payable_minor,
        "paid_minor": sum(payment.amount_minor or 0 for payment in draft.payments),
        "name": draft.customer.name,
        "phone": draft.customer.phone,
        "city": draft.address.city,
        "detail": draft.address.detail,
        "lines": sorted([one.sku, one.quantity, one.unit_price_minor] for one in draft.lines),
    }


@pytest.mark.parametrize("channel", CHANNELS)
async def test_an_order_is_fetched_and_read_as_it_was_sold(
    channels: Simulated, channel: str
) -> None:
    apis = channels.apis(channel)
    api = apis.by_shop[Shop(channel, SHOP)]
    for sale in await channels.sales():
        if sale["channel"] == channel:
            raw = await api.order(sale["number"])
            assert raw is not None
            assert facts_of(channel, raw, api.topic) == sale
    await apis.close()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_a_list_carries_is_read_as_it_was_sold(
    channels: Simulated, channel: str
) -> None:
    apis = channels.apis(channel)
    api = apis.by_shop[Shop(channel, SHOP)]
    listed = await all_of(api)
    sold = {s["number"]: s for s in await channels.sales() if s["channel"] == channel}
    assert sorted(one.number for one in listed) == sorted(sold)
    for one in listed:
        if one.raw is not None:
            assert facts_of(channel, one.raw, api.topic) == sold[one.number]
    await apis.close()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_number_that_the_channel_does_not_know_is_none(
    channels: Simulated, channel: str
) -> None:
    apis = channels.apis(channel)
    assert await apis.by_shop[Shop(channel, SHOP)].order("4040404") is None
    await apis.close()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_wrong_secret_is_refused(channels: Simulated, channel: str) -> None:
    apis = channels.apis(channel, secret="of somebody else")
    with pytest.raises(ChannelTrouble) as trouble:
        await apis.by_shop[Shop(channel, SHOP)].order("1")
    assert not isinstance(trouble.value, Throttled)
    assert "somebody" not in str(trouble.value)
    await apis.close()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_channel_that_is_asked_too_often_says_so(channel: str) -> None:
    async with simulated() as simulator:
        await simulator.fault(throttled=1)
        apis = simulator.apis(channel)
        with pytest.raises(Throttled):
            await apis.by_shop[Shop(channel, SHOP)].order("1")
        await apis.close()


async def test_what_fails_now_and_then_works_in_the_end() -> None:
    async with simulated() as simulator:
        sales = await simulator.sell_unseen(20, "pdd")
        await simulator.fault(failing=0.2, throttled=0.1)
        apis = simulator.apis("pdd")
        api = apis.by_shop[Shop("pdd", SHOP)]
        answers = []
        for number in sorted(numbers(sales, "pdd")):
            answer = None
            while answer is None:
                try:
                    answer = await api.order(number)
                except Away:
                    continue
            answers.append(answer)
        assert len(answers) == 20
        await apis.close()


async def test_a_channel_that_is_not_there_is_away() -> None:
    nowhere = Simulated("http://127.0.0.1:1", None)  # type: ignore[arg-type]
    apis = nowhere.apis("shopify")
    with pytest.raises(Away):
        await apis.by_shop[Shop("shopify", SHOP)].order("1")
    await apis.close()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_lists_of_many_pages_have_every_order_once(channel: str) -> None:
    async with simulated() as simulator:
        sales = await simulator.sell_unseen(260, channel)
        apis = simulator.apis(channel)
        listed = await all_of(apis.by_shop[Shop(channel, SHOP)])
        assert sorted(one.number for one in listed) == sorted(numbers(sales, channel))
        await apis.close()


async def test_a_cursor_that_shopify_forgot_is_refused(channels: Simulated) -> None:
    apis = channels.apis("shopify")
    with pytest.raises(Refused):
        await apis.by_shop[Shop("shopify", SHOP)].orders(SINCE, UNTIL, "e30x")
    await apis.close()


def test_what_is_wrong_with_a_configuration_is_named_and_not_shown() -> None:
    given = {"pdd/main": {"app_key": "k", "secret": "very secret", "acces_token": "a typo"}}
    with pytest.raises(ValueError, match="pdd/main: access_token: Field required") as error:
        configured(given)
    assert "secret" not in str(error.value).replace("access", "")
    assert "typo" not in str(error.value)
