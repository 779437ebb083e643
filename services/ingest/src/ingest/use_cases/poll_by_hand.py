"""`python -m ingest poll CHANNEL/SHOP`: reads a shop's orders now, or those of a span of time."""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from common.clock import utc_now
from common.http.problems import Conflict, NotFound, Unprocessable
from common.service import CommandWithOptions, Runtime
from ingest.gateways.channel_api import ChannelTrouble
from ingest.gateways.configuration import ApiSettings
from ingest.gateways.registry import ChannelApis, Shop
from ingest.use_cases.active_mappings import ActiveMappings
from ingest.use_cases.polling import LEASE_SECONDS, Polling, Tally
from ingest.use_cases.pulling import filing_of

SPAN_MAX = timedelta(days=90)
"""Channels tell of three months."""
_PAUSE_SECONDS = 1.0


def poll_command(settings: Mapping[str, ApiSettings], period: timedelta) -> CommandWithOptions:
    """Return the command; `period` is when a shop read by hand is due again."""

    async def run(runtime: Runtime, options: Namespace) -> None:
        """read a shop's orders from its channel's API now"""  # noqa: D403, D415 - a help text
        apis = ChannelApis.of(settings)
        try:
            await _poll(runtime, options, apis, period)
        except ChannelTrouble as trouble:
            raise Conflict(f"The channel gave no usable answer: {trouble}.") from None
        finally:
            await apis.close()

    return CommandWithOptions(_declare, run)


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("place", metavar="CHANNEL/SHOP", help="whose orders, such as pdd/main")
    told = "instead of where it was left: a time such as 2026-11-20T08:00:00+08:00"
    parser.add_argument("--since", type=_time, help=told)
    parser.add_argument("--until", type=_time, help="with --since: a later time (default: now)")


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no time") from None
    if moment.tzinfo is None:
        raise ArgumentTypeError(f"{text} has no offset, such as +08:00")
    return moment.astimezone(UTC)


async def _poll(runtime: Runtime, options: Namespace, apis: ChannelApis, period: timedelta) -> None:
    channel, _, name = str(options.place).partition("/")
    shop = Shop(channel, name)
    api = apis.by_shop.get(shop)
    if api is None:
        raise NotFound(f"CHANNEL_APIS has no {options.place}.")
    mappings = ActiveMappings(runtime.engine)
    async with runtime.engine.connect() as connection:
        await mappings.look(connection)
    # What is announced is in the outbox; the worker's sweep sends it.
    polling = Polling(filing_of(runtime, mappings, lambda _: None))
    if options.since is None:
        if options.until is not None:
            raise Unprocessable("--until needs --since.")
        tally = await _from_where_it_was_left(polling, shop, apis, period)
    else:
        until = options.until or utc_now() - api.settled_after
        if not timedelta(0) < until - options.since <= SPAN_MAX:
            raise Unprocessable(f"--since must be up to {SPAN_MAX.days} days before --until.")
        tally = await polling.read_span(shop, api, options.since, until, progress=_show)
    _say(f"done: {_told(tally)}")


async def _from_where_it_was_left(
    polling: Polling, shop: Shop, apis: ChannelApis, period: timedelta
) -> Tally:
    """Poll as soon as nobody else does: a process that was killed keeps its lease for a while."""
    waited = 0.0
    while waited <= LEASE_SECONDS + 2 * _PAUSE_SECONDS:
        tally = await polling.poll(
            shop, apis.by_shop[shop], period=period, even_if_not_due=True, progress=_show
        )
        if tally is not None:
            return tally
        if not waited:
            _say("somebody else reads this shop; waiting until they are done")
        await asyncio.sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS
    raise Conflict(f"Somebody else reads {shop.channel}/{shop.shop}, and goes on doing so.")


def _show(tally: Tally) -> None:
    _say(_told(tally))


def _told(tally: Tally) -> str:
    until = tally.read_until.isoformat(timespec="seconds") if tally.read_until else "-"
    return (
        f"{tally.pages} pages, {tally.listed} orders listed, {tally.new} taken in, "
        f"{tally.to_fetch} to fetch; read until {until}"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
