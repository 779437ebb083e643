"""Turns a service's recovery on and off, and shows how far it is."""

import asyncio
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from sluice.failure import CannotTell, Misused
from sluice.reading import Json, Services

PATH = "/v1/recovery"
LOOK_SECONDS = 1.0
LINE_SECONDS = 10.0
"""How often a line is written where no bar can be drawn."""
OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asks for."""

    service: str
    order: str
    today_first: bool
    reason: str
    stop: bool
    status: bool
    follow: bool


async def recover(services: Services, asked: Order, console: Console) -> None:
    """Do it, and say how it stands.

    Raises:
        CannotTell, Misused: the service is away, refuses, or has no recovery.
    """
    view = await _asked(services, asked)
    if asked.follow and view["state"] != OFF:
        await _follow(services, asked.service, view, console)
    else:
        console.print(told(asked.service, view), highlight=False, soft_wrap=True)


async def _asked(services: Services, asked: Order) -> Json:
    request: dict[str, Any] = {}
    method = "GET" if asked.status else "DELETE" if asked.stop else "PUT"
    if method == "PUT":
        request["json"] = {
            "order": asked.order,
            "today_first": asked.today_first,
            "reason": asked.reason,
        }
    view = await services.call(method, asked.service, PATH, **request)
    if view is None:
        raise Misused(f"{asked.service} has no recovery: it consumes nothing, or is too old")
    return view


async def _follow(services: Services, service: str, view: Json, console: Console) -> None:
    """Show a bar until the recovery is over; on no terminal, a line now and then."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[rest]}"),
    )
    if not console.is_terminal:
        await _tell(services, service, view, console)
        return
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(service, total=None, rest="")
        while view["state"] != OFF:
            _draw(progress, bar, service, view)
            await asyncio.sleep(LOOK_SECONDS)
            view = await _again(services, service)
        _draw(progress, bar, service, view)
    console.print(told(service, view), highlight=False, soft_wrap=True)


async def _tell(services: Services, service: str, view: Json, console: Console) -> None:
    loop = asyncio.get_running_loop()
    line, due = "", 0.0
    while view["state"] != OFF:
        if loop.time() >= due and told(service, view) != line:
            line, due = told(service, view), loop.time() + LINE_SECONDS
            console.print(line, highlight=False, soft_wrap=True)
        await asyncio.sleep(LOOK_SECONDS)
        view = await _again(services, service)
    console.print(told(service, view), highlight=False, soft_wrap=True)


async def _again(services: Services, service: str) -> Json:
    return await services.get(service, PATH)


def _draw(progress: Progress, bar: TaskID, service: str, view: Json) -> None:
    settled, waiting = _number(view, "settled"), _number(view, "waiting")
    progress.update(
        bar,
        description=f"{service} {_state(view)}",
        total=max(settled + waiting, 1),
        completed=settled if settled + waiting else 1,
        rest=_rest(view),
    )


def told(service: str, view: Json) -> str:
    """Say in one line how a recovery stands."""
    try:
        if view["state"] == OFF:
            left = _number(view, "waiting")
            return f"{service}: no recovery is on." + (f" {left:,} events are left." * bool(left))
        by = f"{view['started_by']}, since {view['started_at']}: {view['reason']}"
        settled = f"{_number(view, 'settled'):,} settled"
        return f"{service}: recovery {_state(view)}. {settled}, {_rest(view)}. By {by}"
    except KeyError as error:
        raise CannotTell(f"{service}'s answer cannot be understood: no {error}") from None


def _state(view: Json) -> str:
    today = ", today first" if view["today_first"] else ""
    name = "is finishing" if view["state"] == "finishing" else f"is {view['state']}"
    return f"{name} ({view['order']}{today})"


def _rest(view: Json) -> str:
    waiting, rate, eta = _number(view, "waiting"), view["rate_per_second"], view["eta_seconds"]
    ends = f", about {_duration(eta)} left" if eta is not None else ""
    return f"{waiting:,} waiting, {rate or 0:,.0f} a second{ends}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _number(view: Json, name: str) -> int:
    return int(view[name] or 0)
