"""Write deploy/grafana/dashboards anew from their code in tools/rendering/dashboards."""

import sys
from pathlib import Path

from rendering.dashboards import files

DASHBOARDS = Path(__file__).parents[1] / "deploy" / "grafana" / "dashboards"


def main() -> int:
    texts = files()
    DASHBOARDS.mkdir(parents=True, exist_ok=True)
    for old in DASHBOARDS.glob("*.json"):
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        (DASHBOARDS / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
