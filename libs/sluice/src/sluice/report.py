"""What a verification found: as a table with one line for each exception, or as JSON."""

import json
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sluice.domain.money import decimal
from sluice.domain.totals import ACCEPTED, PAYMENTS, STUCK, Balance, Sums
from sluice.verifying import Verdict, Wish

_TITLES = {ACCEPTED: "accepted by intake"}


def show(console: Console, verdict: Verdict, wish: Wish) -> None:
    span = f"until {_written(verdict.until)}"
    if wish.since is not None:
        span = f"from {_written(wish.since)} {span}"
    _say(console, f"Orders that came in {span}\n")
    console.print(_table(verdict))
    console.print()
    for balance in verdict.totals.balances():
        _say(console, _balance(balance))
    _say(console, _stock(verdict))
    _say(console)
    for finding in verdict.findings:
        _say(console, f"{finding.order_id or '-'}  {finding.stage}: {escape(finding.text)}")
    if more := verdict.exceptions - len(verdict.findings):
        _say(console, f"… and {more:,} more")
    _say(console, _summary(verdict, wish))


def _table(verdict: Verdict) -> Table:
    currencies = verdict.totals.currencies()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("service")
    table.add_column("orders that are")
    table.add_column("orders", justify="right")
    for currency in currencies:
        table.add_column(currency, justify="right")
    last = ""
    for section, stage, sums in verdict.totals.listed():
        style = "red" if stage == STUCK else None
        name = _TITLES.get(stage, stage.replace("_", " "))
        orders = "" if section == PAYMENTS else f"{sums.orders:,}"
        money = [decimal(sums.money[c], c) if sums.money[c] else "" for c in currencies]
        table.add_row(section if section != last else "", name, orders, *money, style=style)
        last = section
    return table


def _balance(balance: Balance) -> str:
    if balance.holds:
        return f"[green]✓[/] {balance.what}"
    return f"[red]✗[/] {balance.what}: {_sums(balance.left)}, and {_sums(balance.right)}"


def _sums(sums: Sums) -> str:
    money = ", ".join(f"{decimal(minor, c)} {c}" for c, minor in sorted(sums.money.items()))
    return f"{sums.orders:,} orders of {money or 'nothing'}"


def _stock(verdict: Verdict) -> str:
    stock = verdict.stock
    if not stock["differing"]:
        return f"[green]✓[/] reserved stock = open orders ({stock['reserved']:,} pieces)"
    return (
        f"[red]✗[/] reserved stock = open orders: {stock['reserved']:,} and {stock['owed']:,}"
        f" pieces, not the same in {stock['differing']:,} places"
    )


def _summary(verdict: Verdict, wish: Wish) -> str:
    grace = wish.grace.total_seconds()
    young = f"{verdict.in_progress:,} orders in progress (something is younger than {grace:.0f} s)"
    if verdict.is_clean:
        return f"[bold green]No exception.[/] {young}."
    return f"[bold red]{verdict.exceptions:,} exceptions.[/] {young}."


def as_json(verdict: Verdict, wish: Wish) -> str:
    whole: dict[str, Any] = {
        "clean": verdict.is_clean,
        "since": None if wish.since is None else wish.since.isoformat(),
        "until": verdict.until.isoformat(),
        "grace_seconds": wish.grace.total_seconds(),
        "in_progress": verdict.in_progress,
        "totals": [
            {"section": section, "stage": stage, **_figures(sums)}
            for section, stage, sums in verdict.totals.listed()
        ],
        "balances": [
            {
                "what": balance.what,
                "holds": balance.holds,
                "left": _figures(balance.left),
                "right": _figures(balance.right),
            }
            for balance in verdict.totals.balances()
        ],
        "stock": verdict.stock,
        "exceptions": verdict.exceptions,
        "findings": [
            {"order_id": f.order_id or None, "stage": f.stage, "text": f.text}
            for f in verdict.findings
        ],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False)


def _figures(sums: Sums) -> dict[str, Any]:
    return {"orders": sums.orders, "money_minor": dict(sorted(sums.money.items()))}


def _say(console: Console, text: str = "") -> None:
    # A line is a line, however long: it is searched and piped.
    console.print(text, highlight=False, soft_wrap=True)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname()}"
