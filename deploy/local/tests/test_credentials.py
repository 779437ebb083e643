"""The secrets of a stack: of every channel, and kept, also from older versions."""

import json
from pathlib import Path

from stack import credentials
from stack.home import Home


def home_in(folder: Path) -> Home:
    home = Home.at(folder / "home")
    home.create()
    return home


def test_every_channel_has_a_secret_that_stays(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    first = credentials.obtain(home)
    assert set(first.webhook_secrets) == set(credentials.CHANNELS)
    assert len(set(first.webhook_secrets.values())) == len(credentials.CHANNELS)
    assert credentials.obtain(home) == first
    assert home.secrets.stat().st_mode & 0o077 == 0


def test_wechat_has_token_key_and_app(tmp_path: Path) -> None:
    secret = credentials.obtain(home_in(tmp_path)).webhook_secrets["wechat_shop"]
    token, key, app_id = secret.split(":")
    assert (len(token), len(key), app_id) == (32, 43, credentials.WECHAT_APP_ID)


def test_a_stack_of_an_older_version_keeps_what_it_had(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    old = {
        "database_password": "d",
        "broker_password": "b",
        "broker_cookie": "c",
        "api_key": "a",
        "webhook_secret_shopify": "s",
        "webhook_secret_woocommerce": "w",
    }
    home.secrets.write_text(json.dumps(old))
    found = credentials.obtain(home)
    assert (found.database_password, found.api_key) == ("d", "a")
    assert found.webhook_secrets["shopify"] == "s"
    assert found.webhook_secrets["woocommerce"] == "w"
    assert credentials.obtain(home) == found
