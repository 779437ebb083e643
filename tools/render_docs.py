"""Write docs/generated anew from the code; refuse a change of an event that breaks its readers."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from rendering import asyncapi, event_flow, life_cycle, metrics, openapi, settings
from rendering.compatibility import breaks
from rendering.services import NAMES, all_published

GENERATED = Path(__file__).parents[1] / "docs" / "generated"


def files() -> Mapping[str, str]:
    """Return every generated file: its path under docs/generated, and its text."""
    return {
        "event-flow.mmd": event_flow.diagram(),
        "event-flow.md": event_flow.page(),
        "life-cycle.md": life_cycle.page(),
        "metrics.md": metrics.page(),
        "settings.md": settings.page(),
        **{f"asyncapi/{name}.json": as_json(asyncapi.document(name)) for name in NAMES},
        **{f"openapi/{name}.json": as_json(openapi.document(name)) for name in NAMES},
        **{
            f"schemas/{event.routing_key()}.json": as_json(event.model_json_schema())
            for event in all_published()
        },
    }


def broken_contracts(published: Path) -> list[str]:
    """Return how the events in the code break what readers of the published schemas rely on."""
    now = {event.routing_key(): event.model_json_schema() for event in all_published()}
    found: list[str] = []
    for path in sorted(published.glob("*.json")):
        if path.stem not in now:
            found.append(
                f"{path.stem}: is published no more; delete {path.name} if nobody reads it"
            )
            continue
        before = json.loads(path.read_text("utf-8"))
        found += [f"{path.stem}: {broken}" for broken in breaks(before, now[path.stem])]
    return found


def as_json(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=GENERATED, help="another directory")
    target: Path = parser.parse_args().into
    broken = broken_contracts(target / "schemas")
    if broken:
        print("These changes break readers. Give the changed event the next VERSION instead:")
        print("\n".join(broken))
        return 1
    texts = files()
    for old in sorted(path for path in target.rglob("*") if path.is_file()):
        if old.relative_to(target).as_posix() not in texts:
            old.unlink()
    for name, text in texts.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
