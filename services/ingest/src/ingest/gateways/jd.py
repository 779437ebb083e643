"""JD POP: the router of JOS. Its answers have misspelt names, and HTTP 200 may hold a refusal."""

from datetime import datetime, timedelta
from typing import Any

from common.clock import utc_now
from ingest.channels.signing import router
from ingest.gateways.calling import Calling, Heard, Request, compact, ok
from ingest.gateways.channel_api import Listed, Page, Refused
from ingest.gateways.configuration import JdApi
from ingest.gateways.reading import beijing, from_beijing, items, next_from_the_back, part

PAGE_SIZE = 100
_BY_CHANGE = "0"
_STATES = (
    "WAIT_SELLER_STOCK_OUT,WAIT_GOODS_RECEIVE_CONFIRM,WAIT_SELLER_DELIVERY,POP_ORDER_PAUSE,"
    "FINISHED_L,TRADE_CANCELED,LOCKED,WAIT_SEND_CODE"
)
_FIELDS = (
    "orderId,orderType,orderState,orderStateRemark,orderTotalPrice,orderPayment,balanceUsed,"
    "orderSellerPrice,sellerDiscount,couponDetailList,freightPrice,orderStartTime,paymentConfirmTime,modified,orderRemark,consigneeInfo,itemInfoList,"
    "open_id_buyer,pin,oaid"
)
_NOT_THERE = "ORDER_NOT_EXIST"


class Jd:
    topic = "trade"
    window_max = timedelta(days=1)
    """A month is allowed; its pages would be many."""
    settled_after = timedelta(minutes=1)

    def __init__(self, api: JdApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling

    async def order(self, number: str) -> bytes | None:
        async def request() -> Request:
            parameters = {"order_id": number, "order_state": _STATES, "optional_fields": _FIELDS}
            return self._request("jingdong.pop.order.get", parameters)

        def read(heard: Heard) -> bytes | None:
            answer = _answer(heard, "jingdong_pop_order_get_responce", "orderDetailInfo")
            if _failure(answer) == _NOT_THERE:
                return None
            _require_success(answer)
            part(answer, "orderInfo")
            return heard.body

        return await self._calling.call(request, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        async def request() -> Request:
            parameters = {
                "start_date": beijing(since),
                "end_date": beijing(until),
                "order_state": _STATES,
                "optional_fields": _FIELDS,
                "dateType": _BY_CHANGE,
                "page": page or "1",
                "page_size": str(PAGE_SIZE),
            }
            return self._request("jingdong.pop.order.search", parameters)

        return await self._calling.call(request, lambda heard: _page(heard, page))

    def _request(self, method: str, parameters: dict[str, str]) -> Request:
        form = {
            "method": method,
            "app_key": self._api.app_key,
            "access_token": self._api.access_token.get_secret_value(),
            "timestamp": beijing(utc_now()),
            "v": "2.0",
            "360buy_param_json": compact(dict(sorted(parameters.items()))).decode(),
        }
        form["sign"] = router(form, "md5")(self._api.secret.get_secret_value())
        return Request(url=str(self._api.url), form=form)


def _page(heard: Heard, page: str | None) -> Page:
    answer = _answer(heard, "jingdong_pop_order_search_responce", "searchorderinfo_result")
    _require_success(answer)
    following = next_from_the_back(int(answer.get("orderTotal") or 0), PAGE_SIZE, page)
    if page is None and following is not None:
        return Page((), following)
    return Page(tuple(_listed(one) for one in items(answer.get("orderInfoList"))), following)


def _listed(order: dict[str, Any]) -> Listed:
    number, changed_at = str(order.get("orderId")), from_beijing(order.get("modified"))
    return Listed(number, changed_at, compact({"orderInfo": order}))


def _answer(heard: Heard, *path: str) -> dict[str, Any]:
    document = ok(heard).document()
    error = document.get("error_response")
    if isinstance(error, dict):
        raise Refused(str(error.get("code") or "error"))
    return part(document, *path)


def _failure(answer: dict[str, Any]) -> str | None:
    """Return the code of a failed inner result."""
    result = answer.get("apiResult")
    if not isinstance(result, dict) or str(result.get("success", True)).lower() == "true":
        return None
    return str(result.get("englishErrCode") or result.get("numberCode") or "error")


def _require_success(answer: dict[str, Any]) -> None:
    code = _failure(answer)
    if code is not None:
        raise Refused(code)
