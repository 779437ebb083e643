"""Square: thin events, and the Orders API."""

from datetime import datetime
from typing import Any

from aiohttp import web

from simulator.channels.channel import Parts, Push, Route, answered, iso, packed, too_many
from simulator.sale import Sale
from simulator.signing import base64_hmac, same


class Square:
    name = "square"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def push(self, sale: Sale, number: int, url: str) -> Push:
        kind = "order_updated" if sale.paid_at else "order_created"
        event = {
            "type": kind.replace("_", "."),
            "event_id": f"simulated-{number}",
            "created_at": iso(sale.changed_at),
            "data": {"id": sale.number, "object": {kind: {"order_id": sale.number}}},
        }
        body = packed(event)
        signature = base64_hmac(url.encode() + body, self._parts.push_secret)
        headers = {
            "Content-Type": "application/json",
            "x-square-hmacsha256-signature": signature,
        }
        return Push(body, headers)

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/v2/orders/search", self._list),
            Route("GET", "/v2/orders/{number}", self._one),
        ]

    def throttled(self) -> web.Response:
        return too_many()

    def _is_authentic(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        return same(given, f"Bearer {self._parts.api_secret}")

    async def _one(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered({"errors": [{"code": "UNAUTHORIZED"}]}, 401)
        sale = self._parts.shop.find(self.name, request.match_info["number"])
        if sale is None:
            return answered({"errors": [{"code": "NOT_FOUND"}]}, 404)
        return answered({"order": _order(sale)})

    async def _list(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered({"errors": [{"code": "UNAUTHORIZED"}]}, 401)
        told = await request.json()
        span = told["query"]["filter"]["date_time_filter"]["updated_at"]
        times = (datetime.fromisoformat(span["start_at"]), datetime.fromisoformat(span["end_at"]))
        found = self._parts.shop.changed(self.name, *times)
        begin, size = int(told.get("cursor") or 0), int(told["limit"])
        answer: dict[str, Any] = {"orders": [_order(one) for one in found[begin : begin + size]]}
        if begin + size < len(found):
            answer["cursor"] = str(begin + size)
        return answered(answer)


def _order(sale: Sale) -> dict[str, Any]:
    receiver, currency = sale.receiver, sale.currency

    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": currency}

    tender = {
        "id": f"S{sale.number}",
        "type": "CARD",
        "created_at": iso(sale.paid_at or sale.sold_at),
        "amount_money": money(sale.payable_minor),
    }
    dearest = max(sale.lines, key=lambda line: line.total_minor)
    return {
        "id": sale.number,
        "state": "OPEN",
        "created_at": iso(sale.sold_at),
        "updated_at": iso(sale.changed_at),
        "total_money": money(sale.payable_minor),
        "total_tax_money": money(0),
        "total_service_charge_money": money(sale.freight_minor),
        "tenders": [tender] if sale.paid_at else [],
        "fulfillments": [
            {
                "type": "SHIPMENT",
                "shipment_details": {
                    "recipient": {
                        "display_name": receiver.name,
                        "phone_number": receiver.phone,
                        "address": {
                            "country": receiver.country,
                            "administrative_district_level_1": receiver.province,
                            "locality": receiver.city,
                            "address_line_1": receiver.detail,
                            "postal_code": receiver.postcode,
                        },
                    }
                },
            }
        ],
        "line_items": [
            {
                "catalog_object_id": line.sku,
                "name": line.title,
                "quantity": str(line.quantity),
                "base_price_money": money(line.unit_price_minor),
                "total_discount_money": money(sale.discount_minor if line is dearest else 0),
            }
            for line in sale.lines
        ],
    }
