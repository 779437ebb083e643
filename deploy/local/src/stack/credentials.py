"""The passwords and keys of one stack: generated once, readable by its owner only."""

import json
import secrets
from dataclasses import asdict, dataclass

from stack.files import locked, write_atomically
from stack.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    database_password: str
    broker_password: str
    broker_cookie: str
    api_key: str
    webhook_secret_shopify: str
    webhook_secret_woocommerce: str


def obtain(home: Home) -> Credentials:
    with locked(home.plan_lock):
        if home.secrets.exists():
            return Credentials(**json.loads(home.secrets.read_text()))
        # Hexadecimal needs no quoting in a URL, a configuration file or a shell.
        credentials = Credentials(
            database_password=secrets.token_hex(24),
            broker_password=secrets.token_hex(24),
            broker_cookie=secrets.token_hex(24),
            api_key=secrets.token_hex(32),
            webhook_secret_shopify=secrets.token_hex(32),
            webhook_secret_woocommerce=secrets.token_hex(32),
        )
        write_atomically(home.secrets, json.dumps(asdict(credentials), indent=1), mode=0o600)
        return credentials
