"""Files of orders, with values of their own, and the worker that takes them in as a process."""

import asyncio
import csv
import io
import os
import socket
import sys
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from openpyxl import Workbook

from ingest.mappings.file_formats import file_format
from ingest_material.world import World
from support.waiting import until

ENDED = ("done", "stopped", "failed")
NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1/"

Line = Mapping[str, str]


def own_line(number: int = 1, **changes: str) -> dict[str, str]:
    """Return a row in our own columns: an order with one line."""
    return {
        "channel_order_no": f"F-{number}",
        "placed_at": "2025-03-04 09:30:00",
        "name": "李雷",
        "phone": "13900139000",
        "province": "江苏省",
        "city": "南京市",
        "district": "玄武区",
        "detail": "中山路 8 号",
        "sku": f"SKU-{number % 7}",
        "quantity": "2",
        "unit_price": "12.50",
        "freight": "3.00",
        "payable": "28.00",
        "payment_reference": f"PAY-{number}",
        "payment_method": "alipay",
        "paid_amount": "28.00",
        "paid_at": "2025-03-04 09:31:00",
    } | changes


def second_line(number: int = 1, **changes: str) -> dict[str, str]:
    """Return another row of an order: what is the order's is left empty."""
    own = {"channel_order_no": f"F-{number}", "sku": "SKU-B", "quantity": "1", "unit_price": "7.00"}
    return own | changes


SHOPIFY: Mapping[str, str] = {
    "Name": "#2001",
    "Id": "7001",
    "Email": "mila@example.com",
    "Financial Status": "paid",
    "Paid at": "2025-03-04 10:00:00 +0100",
    "Fulfillment Status": "unfulfilled",
    "Currency": "EUR",
    "Subtotal": "25.00",
    "Shipping": "4.90",
    "Taxes": "4.77",
    "Total": "29.90",
    "Discount Amount": "2.00",
    "Created at": "2025-03-04 09:58:00 +0100",
    "Lineitem quantity": "2",
    "Lineitem name": "Becher",
    "Lineitem price": "8.50",
    "Lineitem sku": "BECHER",
    "Shipping Name": "Mila Muster",
    "Shipping Address1": "Musterweg 3",
    "Shipping City": "Berlin",
    "Shipping Zip": "'10115",
    "Shipping Province": "",
    "Shipping Country": "DE",
    "Shipping Phone": "'+49 30 901820",
}
SHOPIFY_SECOND: Mapping[str, str] = {
    "Name": "#2001",
    "Lineitem quantity": "1",
    "Lineitem name": "Teller",
    "Lineitem price": "10.00",
    "Lineitem sku": "TELLER",
}
TAOBAO: Mapping[str, str] = {
    "订单编号": '="3312345678901234567"',
    "买家会员名": "tb_li",
    "买家应付货款": "55.00",
    "买家应付邮费": "5.00",
    "总金额": "60.00",
    "订单状态": "买家已付款,等待卖家发货",
    "买家留言": "",
    "收货人姓名": "韩梅梅",
    "收货地址": "浙江省 宁波市 海曙区 药行街 20 号(315000)",
    "联系电话": "'",
    "联系手机": "'13700137000",
    "订单创建时间": "2025-03-04 09:58:00",
    "订单付款时间": "2025-03-04 10:00:00",
    "宝贝总数量": "3",
}
TAOBAO_ITEMS: Sequence[Mapping[str, str]] = (
    {
        "订单编号": '="3312345678901234567"',
        "标题": "茶杯",
        "价格": "20.00",
        "购买数量": "2",
        "外部系统编号": "CUP-1",
        "商品属性": "颜色：白",
    },
    {
        "订单编号": '="3312345678901234567"',
        "标题": "茶盘",
        "价格": "20.00",
        "购买数量": "1",
        "外部系统编号": "TRAY-1",
        "商品属性": "",
    },
)


def csv_bytes(
    rows: Iterable[Line], *, encoding: str = "utf-8", delimiter: str = ",", header: Any = None
) -> bytes:
    rows = list(rows)
    names = list(header or dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return written.getvalue().encode(encoding)


def xlsx_bytes(rows: Iterable[Mapping[str, Any]]) -> bytes:
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(names)
    for row in rows:
        sheet.append([row.get(name) for name in names])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def own_names() -> list[str]:
    fmt = file_format("canonical")
    assert fmt is not None
    return list(fmt.file.columns)


async def hand_in(
    world: World,
    content: bytes,
    *,
    items: bytes | None = None,
    fmt: str = "canonical",
    channel: str = "mall",
    shop: str = "files",
    key: str | None = None,
    client: httpx.AsyncClient | None = None,
) -> httpx.Response:
    files = {"file": ("orders.csv", content)}
    if items is not None:
        files["items"] = ("items.csv", items)
    return await (client or world.client).post(
        "/v1/imports",
        data={"channel": channel, "shop": shop, "format": fmt},
        files=files,
        headers={"Idempotency-Key": key} if key else {},
    )


async def progress(world: World, import_id: str) -> dict[str, Any]:
    answer = await world.client.get(f"/v1/imports/{import_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ended(world: World, import_id: str) -> dict[str, Any]:
    """Wait for the end of an import; return how it ended."""

    async def over() -> dict[str, Any] | None:
        found = await progress(world, import_id)
        return found if found["state"] in ENDED else None

    found = await until(over, seconds=120)
    assert found is not None
    return found


async def taken_in(world: World, content: bytes, **given: Any) -> dict[str, Any]:
    """Hand in a file and wait until its orders are in."""
    answer = await hand_in(world, content, **given)
    assert answer.status_code == 202, answer.text
    return await ended(world, answer.json()["import_id"])


async def report(world: World, import_id: str, language: str = "en") -> list[list[str]]:
    """Return the lines of the report, without its header."""
    path = f"/v1/imports/{import_id}/errors.csv"
    answer = await world.client.get(path, params={"language": language})
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]


@dataclass
class WorkerProcess:
    process: asyncio.subprocess.Process
    output: Path

    async def kill(self) -> None:
        """End it as the system does when memory runs out: without a word."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def worker_process(
    output: Path, environment: Mapping[str, str]
) -> AsyncGenerator[WorkerProcess]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with output.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ingest",
            "worker",
            stdout=file,
            stderr=file,
            env={**os.environ, "AMQP_URL": NOBODY_THERE, **environment, "PORT": str(port)},
        )
    try:
        yield WorkerProcess(process, output)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
