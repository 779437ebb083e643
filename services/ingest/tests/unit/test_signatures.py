"""Signatures: only who has a secret of the shop can send anything."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.signed import FORM, Signed

from ingest.channels.channel import Channel, Unauthentic
from ingest.channels.registry import CHANNELS
from ingest.settings import Settings

HEADERS = {"shopify": "x-shopify-hmac-sha256", "woocommerce": "x-wc-webhook-signature"}
BODY = '{"id":820982911946154508,"note":"放门口"}'.encode()


def signed(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


@pytest.fixture(params=HEADERS)
def channel(request: pytest.FixtureRequest) -> Channel:
    return CHANNELS[request.param]


def authentic(channel: Channel, body: bytes, signature: str | None, *secrets: str) -> bool:
    headers = {} if signature is None else {HEADERS[channel.name]: signature}
    try:
        messages = channel.open(Signed(body, headers).call(), secrets)
    except Unauthentic:
        return False
    return [message.payload for message in messages] == [body]


def test_known_signatures_of_known_bodies_are_right(channel: Channel) -> None:
    """Two that are published: of nothing with an empty key, and RFC 4231, test case 2."""
    assert authentic(channel, b"", "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=", "") is True
    quote = b"what do ya want for nothing?"
    mac = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert authentic(channel, quote, base64.b64encode(mac).decode(), "Jefe")


def test_either_of_two_secrets_will_do_while_they_change(channel: Channel) -> None:
    for secret in ("old", "new"):
        assert authentic(channel, BODY, signed(BODY, secret), "old", "new")
    assert not authentic(channel, BODY, signed(BODY, "older"), "old", "new")
    assert not authentic(channel, BODY, signed(BODY, "old"), "new")


def test_without_a_secret_nothing_is_authentic(channel: Channel) -> None:
    assert not authentic(channel, BODY, signed(BODY, ""))


def test_without_a_signature_nothing_is_authentic(channel: Channel) -> None:
    assert not authentic(channel, BODY, None, "secret")


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        " ",
        "=",
        "null",
        "é" * 44,
        "\udcff\ud800",
        "\x00",
        "A" * 44,
        "x" * 100_000,
        "sha256=" + signed(BODY, "secret"),
        signed(BODY, "secret") + " ",
        signed(BODY, "secret").rstrip("="),
        signed(BODY, "secret").lower(),
        signed(BODY + b" ", "secret"),
        hmac.digest(b"secret", BODY, hashlib.sha256).hex(),
        base64.b64encode(hmac.digest(b"secret", BODY, hashlib.sha1)).decode(),
    ],
)
def test_anything_else_is_not_authentic(channel: Channel, garbage: str) -> None:
    assert not authentic(channel, BODY, garbage, "secret")


@given(st.binary(max_size=200), st.binary(max_size=200), st.text(min_size=1))
def test_a_signature_holds_for_its_body_alone(body: bytes, other: bytes, secret: str) -> None:
    secret = secret.encode(errors="replace").decode()
    for channel in (CHANNELS[name] for name in HEADERS):
        assert authentic(channel, body, signed(body, secret), secret)
        assert authentic(channel, other, signed(body, secret), secret) == (body == other)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_call_without_anything_is_nobodys(name: str) -> None:
    for body in (b"", b"{}", b"[]", b"\xff", b"<xml/>", BODY):
        for headers in ({}, {"content-type": FORM}):
            with pytest.raises(Unauthentic) as caught:
                CHANNELS[name].open(Signed(body, headers).call(), ["the secret"])
            assert "the secret" not in str(caught.value)


def test_secrets_belong_to_a_channel_and_a_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_SHOPIFY", "of the demo")
    settings = Settings(webhook_secrets={"shopify/a": ["1", "2"], "woocommerce/a": ["3"]})
    assert settings.secrets_of("shopify", "a") == ["1", "2"]
    assert settings.secrets_of("woocommerce", "a") == ["3"]
    assert settings.secrets_of("shopify", "demo") == ["of the demo"]
    for channel, shop in (("shopify", "b"), ("woocommerce", "demo"), ("", ""), ("shopify/a", "")):
        assert not settings.secrets_of(channel, shop)


def test_an_empty_secret_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="at least 1 character"):
        Settings(webhook_secrets={"shopify/a": [""]})
    monkeypatch.setenv("WEBHOOK_SECRET_SHOPIFY", "")
    assert not Settings(webhook_secrets={}).secrets_of("shopify", "demo")


def test_settings_do_not_show_secrets() -> None:
    settings = Settings(webhook_secrets={"shopify/a": ["hush-hush"]})
    assert "hush-hush" not in f"{settings!r}{settings}"
