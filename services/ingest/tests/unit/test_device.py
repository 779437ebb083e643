"""What an order was placed with: a fingerprint of it, and neither the address nor the browser."""

import hashlib
from typing import Any

import pytest
from ingest_material.drafts import NOW
from ingest_material.reading import read
from ingest_material.shopify import shopify_order
from ingest_material.woocommerce import woocommerce_order

from ingest.domain.draft import Draft
from ingest.domain.validation import checked
from ingest.store.documents import read_draft

IP, BROWSER = "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64)"
FINGERPRINT = hashlib.sha256(f"{IP}|{BROWSER}".encode()).hexdigest()[:32]


def from_shopify(**changes: Any) -> Draft:
    return read("shopify", shopify_order(**changes), "orders/create").draft


def from_woocommerce(**changes: Any) -> Draft:
    return read("woocommerce", woocommerce_order(**changes), "order.created").draft


def from_shopify_client(address: str | None, browser: str | None) -> Draft:
    return from_shopify(client_details={"browser_ip": address, "user_agent": browser})


def from_woocommerce_client(address: str | None, browser: str | None) -> Draft:
    return from_woocommerce(customer_ip_address=address, customer_user_agent=browser)


def test_the_device_is_the_same_on_both_channels() -> None:
    assert from_shopify().device == from_woocommerce().device == FINGERPRINT


@pytest.mark.parametrize("read", [from_shopify_client, from_woocommerce_client])
def test_another_address_or_browser_is_another_device(read: Any) -> None:
    clients = [(IP, BROWSER), (IP, "curl"), ("203.0.113.8", BROWSER), (IP, None), (None, BROWSER)]
    devices = {read(*client).device for client in clients}
    assert len(devices) == len(clients)
    assert None not in devices


@pytest.mark.parametrize("nothing", [None, "", "  "])
@pytest.mark.parametrize("read", [from_shopify_client, from_woocommerce_client])
def test_without_address_and_browser_there_is_no_device(read: Any, nothing: str | None) -> None:
    assert read(nothing, nothing).device is None


def test_a_message_that_tells_nothing_of_the_client_has_no_device() -> None:
    assert from_shopify(client_details=None).device is None


def test_a_client_of_another_shape_is_named() -> None:
    incoming = read("shopify", shopify_order(client_details="Mozilla"), "orders/create")
    (problem,) = incoming.problems
    assert (problem.code, problem.field) == ("unreadable_field", "device")
    assert problem.message == "Client_details is no object."
    assert incoming.draft.device is None


def test_guests_are_not_all_one_customer() -> None:
    assert from_woocommerce(customer_id=0).customer.platform_id is None
    assert from_woocommerce(customer_id=26).customer.platform_id == "26"


def test_the_canonical_door_takes_a_device_of_up_to_64_characters() -> None:
    draft = read_draft(b'{"device": " till-4 "}')
    assert checked(draft, NOW)[0].device == "till-4"
    assert checked(Draft(device=" "), NOW)[0].device is None
    assert "device" not in {r.field for r in checked(Draft(device="d" * 64), NOW)[1]}
    for wrong in ("d" * 65, "a\x1bb"):
        assert "device" in {r.field for r in checked(Draft(device=wrong), NOW)[1]}
