"""HTTP: warehouses."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from common.contracts.event import Cause
from common.database.work import Work
from common.http.idempotency import Once
from common.http.problems import ProblemView
from common.http.reading import Reading
from fulfillment.api.fields import Body, Code, Limit, Name, Reader, Writer
from fulfillment.store import warehouses
from fulfillment.store.warehouses import Warehouse
from fulfillment.use_cases.restocking import add_warehouse, put_warehouse

router = APIRouter(prefix="/v1/warehouses", tags=["warehouses"])


class WarehouseBody(Body):
    name: Name
    country: Annotated[str, Field(min_length=2, max_length=60)] = "CN"
    region: Annotated[str, Field(max_length=60)] = ""
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    priority: Annotated[int, Field(ge=0, le=1_000)] = 100
    """Where distance does not tell: the lower first."""
    active: bool = True


class NewWarehouse(WarehouseBody):
    code: Code


class WarehouseView(BaseModel):
    code: str
    name: str
    country: str
    region: str
    latitude: float
    longitude: float
    priority: int
    active: bool


class WarehousePage(BaseModel):
    items: list[WarehouseView]


@router.get("")
async def list_warehouses(
    _: Reader,
    connection: Reading,
    after: Annotated[str, Query(max_length=16)] = "",
    limit: Limit = 100,
) -> WarehousePage:
    """List warehouses by code."""
    found = await warehouses.listed(connection, after=after, limit=limit)
    return WarehousePage(items=[WarehouseView(**asdict(w)) for w in found])


@router.post(
    "", status_code=201, response_model=WarehouseView, responses={409: {"model": ProblemView}}
)
async def create_warehouse(principal: Writer, once: Once, body: NewWarehouse) -> Response:
    """Add a warehouse."""

    async def command(work: Work, _: Cause) -> BaseModel:
        await add_warehouse(work, Warehouse(**body.model_dump()), principal.name)
        return WarehouseView(**body.model_dump())

    return await once.run(principal, command, status=201)


@router.put("/{code}", response_model=WarehouseView)
async def put_one(
    principal: Writer, once: Once, code: Annotated[Code, Path()], body: WarehouseBody
) -> Response:
    """Make the warehouse be so, whether it is there or not."""

    async def command(work: Work, _: Cause) -> BaseModel:
        await put_warehouse(work, Warehouse(code=code, **body.model_dump()), principal.name)
        return WarehouseView(code=code, **body.model_dump())

    return await once.run(principal, command)
