"""`keys`: who may call the API; each change is recorded, and what is so already is none."""

import argparse
import sys

from common.command_line.doing import Commands, actor, opened
from common.database.operations import record
from common.http.auth import ensure_key, fingerprint, key_named, revoke_key
from common.service import Service


def declare(commands: Commands) -> None:
    keys = commands.add_parser("keys", help="who may call the API")
    actions = keys.add_subparsers(dest="action", required=True)
    take_key(actions.add_parser("ensure", help="make a key valid; reads it from stdin"))
    actions.add_parser("revoke", help="end a key").add_argument("name")


def take_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--scopes", nargs="+", required=True, metavar="SCOPE")
    parser.add_argument("--key-stdin", action="store_true", required=True)


async def run(service: Service, arguments: argparse.Namespace) -> None:
    await (ensure if arguments.action == "ensure" else revoke)(service, arguments)


async def ensure(service: Service, arguments: argparse.Namespace) -> None:
    key = sys.stdin.readline().strip()
    if not key:
        raise SystemExit("Send the key on standard input.")
    name, scopes = arguments.name, sorted(arguments.scopes)
    wanted = {"scopes": scopes, "revoked": False}
    async with opened(service) as works, works.begin() as work:
        known = await key_named(work.connection, works.tables, name)
        before = (
            None if known is None else {"scopes": sorted(known.scopes), "revoked": known.revoked}
        )
        await ensure_key(work.connection, works.tables, name=name, key=key, scopes=arguments.scopes)
        if known is None or before != wanted or known.sha256 != fingerprint(key):
            action = "key.added" if known is None else "key.changed"
            subject = ("key", name)
            record(work, actor=actor(), action=action, subject=subject, before=before, after=wanted)


async def revoke(service: Service, arguments: argparse.Namespace) -> None:
    async with opened(service) as works, works.begin() as work:
        known = await key_named(work.connection, works.tables, arguments.name)
        await revoke_key(work.connection, works.tables, name=arguments.name)
        if known is not None and not known.revoked:
            before = {"scopes": sorted(known.scopes), "revoked": False}
            subject, after = ("key", known.name), {**before, "revoked": True}
            record(
                work,
                actor=actor(),
                action="key.revoked",
                subject=subject,
                before=before,
                after=after,
            )
