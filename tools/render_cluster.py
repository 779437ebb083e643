"""Write deploy/k8s/base anew: made from the services as they are wired and from the rules."""

import sys
from pathlib import Path

from rendering import cluster

BASE = Path(__file__).parents[1] / "deploy" / "k8s" / "base"


def main() -> int:
    texts = cluster.files()
    for old in sorted(path for path in BASE.rglob("*") if path.is_file()):
        if old.relative_to(BASE).as_posix() not in texts:
            old.unlink()
    for name, text in texts.items():
        path = BASE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
