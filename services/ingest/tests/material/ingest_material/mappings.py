"""What a person does with mappings, over HTTP, and a mapping to do it with."""

import json
from importlib.resources import files
from typing import Any

import httpx

from ingest_material.world import World, as_, json_bytes
from support.waiting import until

ABOUT = "the shop writes its memos elsewhere"


def shopify_mapping(**fields: Any) -> dict[str, Any]:
    """Return the mapping of Shopify that comes with Sluice, with other rules for some fields."""
    document: dict[str, Any] = json.loads((files("ingest.mappings") / "shopify.json").read_text())
    for name, rule in fields.items():
        document["fields"][name.replace("__", ".")] = rule
    return document


class Desk:
    """Calls of somebody who may change mappings."""

    def __init__(self, world: World, key: str = "mapper") -> None:
        self.world = world
        self.key = key

    async def ask(self, path: str, **query: Any) -> httpx.Response:
        url = f"/v1/mappings{path}"
        return await self.world.client.get(url, params=query, headers=as_(self.key))

    async def do(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.world.client.post(
            f"/v1/mappings{path}",
            content=body if isinstance(body, bytes) else json_bytes(body),
            headers={"Content-Type": "application/json"} | as_(self.key) | headers,
        )

    async def publish(self, document: Any, shop: str = "", channel: str = "shopify") -> str:
        body = {"channel": channel, "shop": shop, "document": document, "reason": ABOUT}
        answer = await self.do("", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def activate(self, mapping_id: str) -> httpx.Response:
        return await self.do(f"/{mapping_id}/activate", {"reason": "it is right"})

    async def in_force(self, document: Any, shop: str = "") -> str:
        """Publish a mapping, put it in force and wait until the process follows."""
        mapping_id = await self.publish(document, shop)
        assert (await self.activate(mapping_id)).status_code == 200
        await self.until_read_by(mapping_id)
        return mapping_id

    async def roll_back(self, shop: str = "", channel: str = "shopify") -> httpx.Response:
        return await self.do("/rollback", {"channel": channel, "shop": shop, "reason": "wrong"})

    async def until_read_by(self, mapping_id: str | None, shop: str = "demo") -> None:
        """Wait until the door reads this shop's messages by this mapping."""
        body = {"channel": "shopify", "shop": shop, "topic": "nothing", "payload": "{}"}

        async def follows() -> bool:
            answer = await self.do("/preview", body)
            return bool(answer.json()["mapping_id"] == mapping_id)

        await until(follows)
