"""Results: written for programs, shown to people."""

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import psutil


def write(path: Path, repository: Path, result: dict[str, Any]) -> None:
    """Write the result with the machine and the commit it was measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {**result, "machine": machine(), "commit": revision(repository)}
    path.write_text(json.dumps(whole, indent=2) + "\n")


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def revision(repository: Path) -> str:
    command = ["git", "-C", str(repository), "rev-parse", "--short", "HEAD"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def show(result: dict[str, Any]) -> None:
    delays, rounds = result["webhook_to_task_ms"], result["ratios"]
    print()
    print(f"product            {result['pipeline_orders_per_second']:>8} orders/s, HTTP included")
    print(f"bare pipeline      {result['bare_orders_per_second']:>8} orders/s")
    print(f"bare, packed       {result['packed_orders_per_second']:>8} orders/s")
    print(f"ratio              {result['ratio']:>8}   of rounds {rounds}")
    print(
        f"webhook to task    p50 {delays['p50']} ms, p95 {delays['p95']} ms, p99 {delays['p99']} ms"
    )
    print(f"                   at {result['half_load_orders_per_second']} orders/s")
    print("processor time for an order, in microseconds:")
    for name, spent in sorted(
        result["cpu_microseconds_per_order"].items(), key=lambda item: -item[1]
    ):
        print(f"  {name:<26} {spent:>6}")
