"""Health, readiness and metrics, the same for every process."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from common.telemetry.metrics import Metrics

Check = Callable[[], Awaitable[str | None]]
"""Returns why the process is not ready, or None."""


def probes(metrics: Metrics, ready: Check) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        """The process runs; says nothing of database or broker, whose absence no restart cures."""
        return "ok"

    @router.get("/readyz", response_class=PlainTextResponse)
    async def readyz() -> Response:
        """The process can do its work now."""
        reason = await ready()
        return PlainTextResponse(reason or "ready", 503 if reason else 200)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def read_metrics() -> Response:
        """Prometheus metrics."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
