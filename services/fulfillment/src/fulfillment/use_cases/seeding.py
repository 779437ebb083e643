"""The demo's warehouses and stock: enough for load tests, with one SKU scarce and one missing."""

from common.database.work import Work
from common.service import Runtime
from fulfillment.store import gate, stock, warehouses
from fulfillment.store.warehouses import Warehouse

SKUS = 100
PLENTY = 100_000

WAREHOUSES = (
    Warehouse(
        code="HZ",
        name="Hangzhou",
        country="CN",
        region="浙江省",
        latitude=30.274,
        longitude=120.155,
        priority=1,
    ),
    Warehouse(
        code="GZ",
        name="Guangzhou",
        country="CN",
        region="广东省",
        latitude=23.129,
        longitude=113.264,
        priority=2,
    ),
    Warehouse(
        code="CD",
        name="Chengdu",
        country="CN",
        region="四川省",
        latitude=30.573,
        longitude=104.066,
        priority=3,
    ),
    Warehouse(
        code="BJ",
        name="Beijing",
        country="CN",
        region="北京市",
        latitude=39.904,
        longitude=116.407,
        priority=4,
    ),
    Warehouse(
        code="WH",
        name="Wuhan",
        country="CN",
        region="湖北省",
        latitude=30.593,
        longitude=114.305,
        priority=5,
    ),
)


def quantities() -> dict[tuple[str, str], int]:
    """Return (warehouse, SKU) -> on hand.

    Hangzhou and Guangzhou have every SKU, so that any combination can be supplied from one place;
    the others lack some. The last SKU exists once, the one before it nowhere.
    """
    on_hand: dict[tuple[str, str], int] = {}
    for number in range(1, SKUS - 1):
        lacking = {"CD": not number % 4, "BJ": not number % 5, "WH": not number % 3}
        for place in WAREHOUSES:
            if not lacking.get(place.code):
                on_hand[place.code, _sku(number)] = PLENTY
    for place in WAREHOUSES:
        on_hand[place.code, _sku(SKUS - 1)] = 0
    on_hand["HZ", _sku(SKUS)] = 1
    return on_hand


def _sku(number: int) -> str:
    return f"SKU-{number:04d}"


async def seed(work: Work) -> int:
    """Add what is missing and leave the rest as it is; return how many stock rows were added."""
    await gate.enter(work.connection)
    for place in WAREHOUSES:
        await warehouses.add(work.connection, place)
    return await stock.add_rows(work.connection, quantities())


async def seed_demo(runtime: Runtime) -> None:
    """Add the demo's warehouses and stock; what is there already is left alone."""
    async with runtime.works.begin() as work:
        await seed(work)
