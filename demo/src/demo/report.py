"""The final tables: where every order is, what money disagrees, what was checked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from demo.account import Sum, Wrong, ending_of
from demo.facts import Facts
from demo.sale import CHANNELS, decimal
from demo.screen import Screen
from demo.story import Ending

_SUMS_SHOWN_MAX = 5
_ORDERS_SHOWN_MAX = 12
_ANSWERS = ("accepted", "quarantined", "duplicate", "updated", "refused", "failed")


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        collapse_padding=True,
        padding=(0, 1),
    )


def show_differences(screen: Screen, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    table = _table("Statement against orders: what does not agree")
    for name in ("kind", "channel", "order or reference"):
        table.add_column(name)
    for name in ("expected", "received", "difference"):
        table.add_column(name, justify="right")
    table.add_column("")
    for row in sorted(rows, key=lambda row: (row["kind"], row["currency"])):
        minor = (row["expected_minor"], row["received_minor"], row["difference_minor"])
        amounts = map(decimal, minor)
        name = row["channel_order_no"] or row["reference"]
        table.add_row(row["kind"], row["channel"] or "–", name, *amounts, row["currency"])
    screen.console.print(table)


def show_endings(screen: Screen, facts: Facts) -> None:
    table = _table("Where every order is")
    counts = Counter((ending_of(track), track.channel) for track in facts.tracks)
    planned = Counter(track.ending for track in facts.tracks)
    table.add_column()
    for name in (*CHANNELS, "all", "planned"):
        table.add_column(name, justify="right")
    for ending in (*Ending, None):
        row = [counts[ending, channel] for channel in CHANNELS]
        expected = planned[ending] if ending else 0
        if any(row) or expected:
            name = ending or "[red]nowhere for sure[/]"
            table.add_row(name, *map(str, row), str(sum(row)), str(expected))
    table.add_section()
    every = Counter(track.channel for track in facts.tracks)
    row = [every[channel] for channel in CHANNELS]
    table.add_row("orders sent", *map(str, row), str(sum(row)), str(planned.total()), style="bold")
    screen.console.print(table)


def show_messages(screen: Screen, facts: Facts) -> None:
    messages = facts.messages
    parts = [f"{messages[name]} {name}" for name in _ANSWERS if messages[name]]
    screen.say(f"{messages.total()} messages = {' + '.join(parts)}")
    closed = [track for track in facts.tracks if ending_of(track) is Ending.QUARANTINED]
    reasons = Counter(track.planned.story.reason for track in closed)
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items(), key=str))
    screen.say(f"{len(closed)} in quarantine: {told}")


def show_sums(screen: Screen, what: str, sums: Sequence[Sum]) -> None:
    """Tell in one line that figures add up, or which do not."""
    wrong = [one for one in sums if not one.is_right]
    mark = "[red]✗[/]" if wrong else "[green]✓[/]"
    screen.say(f"{mark} {escape(what)}")
    told = [f"{one.what}: {one.found}, expected: {one.expected}" for one in wrong]
    _show_some(screen, told, _SUMS_SHOWN_MAX)


def show_orders(screen: Screen, facts: Facts, wrongs: Sequence[Wrong]) -> None:
    """Tell whether every order is accounted for, and what is wrong."""
    astray = {(wrong.channel, wrong.number) for wrong in wrongs}
    every = len(facts.tracks)
    mark = "[red]✗[/]" if astray else "[green]✓[/]"
    screen.say(f"{mark} orders: {every - len(astray)} of {every} are accounted for")
    told = [*facts.problems, *map(str, wrongs)]
    _show_some(screen, told, _ORDERS_SHOWN_MAX)


def _show_some(screen: Screen, lines: Sequence[str], shown_max: int) -> None:
    for line in lines[:shown_max]:
        screen.say(f"    {escape(line)}")
    if len(lines) > shown_max:
        screen.say(f"    … and {len(lines) - shown_max} more")


_CURLS = """\
set -a; . {env}; set +a
curl -sH "X-API-Key: $SLUICE_API_KEY" "$FULFILLMENT_URL/v1/orders/{order_id}"
curl -sH "X-API-Key: $SLUICE_API_KEY" "$RECONCILIATION_URL/v1/orders/{order_id}"
curl -sH "X-API-Key: $SLUICE_API_KEY" "$INGEST_URL/v1/quarantine?limit=3"
curl -sH "X-API-Key: $SLUICE_API_KEY" "$RECONCILIATION_URL/v1/differences/summary\""""


def show_way_in(screen: Screen, env: Mapping[str, str], env_file: str, order_id: str) -> None:
    """Tell where the running stack is, and what to try."""
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for name in ("service", "API, to read and to try", "metrics"):
        table.add_column(name)
    for service in ("ingest", "risk", "fulfillment", "reconciliation"):
        url = env[f"{service.upper()}_URL"]
        table.add_row(service, f"{url}/docs", f"{url}/metrics")
    screen.console.print(table)
    screen.say(f"\nThe API key is in {escape(env_file)}. To try:\n")
    curls = _CURLS.format(env=env_file, order_id=order_id)
    screen.console.print(curls, highlight=False, markup=False, soft_wrap=True)
