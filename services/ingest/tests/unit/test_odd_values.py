"""What only careless or hostile programs send: read exactly, or said to be unreadable."""

import json
from typing import Any

import pytest
from ingest_material.orders import jd_order, pdd_order
from ingest_material.reading import judged, mapping_of, read, reasons_of, to_fetch
from ingest_material.shopify import shopify_order
from ingest_material.signed import douyin

from ingest.channels.douyin import Douyin
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.validation import legible
from ingest.use_cases.reading import exact_json, orders_of

HUGE = ("1e99999999999999999999", "1e-99999999999999999999", "9" * 5_000, "NaN", "-Infinity")


@pytest.mark.parametrize("number", HUGE)
def test_a_number_that_nothing_can_hold_is_unreadable(number: str) -> None:
    with pytest.raises(Unreadable):
        exact_json(f'{{"a": {number}}}')


@pytest.mark.parametrize("number", HUGE)
def test_nor_is_one_inside_a_text_of_json(number: str) -> None:
    frame = json.dumps({"message": {"type": "x", "content": f'{{"tid": "1", "at": {number}}}'}})
    with pytest.raises(Unreadable):
        to_fetch("pdd", frame, "trade")


@pytest.mark.parametrize("tail", ["0" * 30 + "1", "0" * 5_000 + "1"])
def test_an_amount_finer_than_any_currency_is_never_rounded(tail: str) -> None:
    body = json.dumps(pdd_order(pay_amount=0)).replace(
        '"pay_amount": 0', f'"pay_amount": 57.0{tail}'
    )
    incoming = read("pdd", body)
    assert incoming.draft.amounts.payable_minor is None
    assert ("unreadable_field", "amounts.payable_minor") in reasons_of(incoming)


@pytest.mark.parametrize("number", ["57.0", "57.00" + "0" * 40, "5.7e1", "5.7E+1", "570e-1"])
def test_however_an_amount_is_written_it_is_the_same(number: str) -> None:
    body = json.dumps(pdd_order(pay_amount=0)).replace('"pay_amount": 0', f'"pay_amount": {number}')
    assert judged(read("pdd", body))[1] == []


ODD_TIMES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2025-11-22T09:30:00")


@pytest.mark.parametrize("time", ODD_TIMES)
def test_a_version_of_an_impossible_time_tells_no_time(time: str) -> None:
    refund = {"id": 1, "processed_at": time, "transactions": [{"amount": "1.00"}]}
    incoming = read("shopify", shopify_order(updated_at=time, refunds=[refund]), "orders/updated")
    assert incoming.changed_at is None
    assert [one.requested_at for one in incoming.refunds] == [None]


@pytest.mark.parametrize("number", ["1\x00", "x" * 201])
def test_a_thin_message_names_an_order_that_can_be_found(number: str) -> None:
    payload = json.dumps({"Tid": number})
    with pytest.raises(Unreadable):
        to_fetch("taobao", payload, "trade.memo")


def test_a_row_is_not_found_by_what_is_nested_without_end() -> None:
    for depth in range(900, 1_000):
        nested: Any = "[" * depth + "]" * depth
        tags = f'[{{"name": {nested}, "value": 1}}]'
        body = json.dumps(pdd_order(order_tag_list=0)).replace(
            '"order_tag_list": 0', f'"order_tag_list": {tags}'
        )
        found = orders_of(mapping_of("pdd"), body.encode(), channel="pdd", shop="s", topic="order")
        assert len(found.incoming) == 1


def test_half_a_character_in_an_events_data_is_no_json() -> None:
    call = douyin(b'[{"tag": "101", "data": "\\ud800"}]', "s").call()
    (message,) = Douyin().open(call, ["s"])
    with pytest.raises(Unreadable):
        exact_json(message.payload)


def test_what_is_legible_can_be_stored() -> None:
    assert legible("a\x00b\ud800c😀") == "a b c😀"


def test_a_sealed_receivers_phone_is_a_text_that_can_be_stored() -> None:
    receiver = {"mobile": "136*\x00*5", "desen_mobile": "sealed"}
    reasons = reasons_of(read("jd", jd_order(consigneeInfo=receiver)))
    assert reasons == [("control_character", "customer.phone")]
