"""Write the figures of the last load test into both READMEs, between their markers."""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "loadtest" / "results" / "bench.json"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

_ENGLISH = (
    ("figure", "value"),
    "orders/s from webhook to warehouse task and books, HTTP included",
    "orders/s of the bare pipeline, one event a message (same run)",
    "orders/s of the bare pipeline with packs (same run)",
    "ratio of the product to the bare pipeline",
    "webhook to warehouse task at half load, p50 / p95 / p99",
    "measured on",
)
_CHINESE = (
    ("指标", "数值"),
    "每秒订单数:从 webhook 到仓库任务与账目,含 HTTP",
    "裸流水线每秒订单数,每条消息一个事件(同一次运行)",
    "裸流水线每秒订单数,使用消息包(同一次运行)",
    "产品与裸流水线之比",
    "半负载下从 webhook 到仓库任务,p50 / p95 / p99",
    "测量环境",
)
READMES: Mapping[str, tuple[Any, ...]] = {"README.md": _ENGLISH, "README.zh-CN.md": _CHINESE}


def table(result: Mapping[str, Any], words: tuple[Any, ...]) -> str:
    delays, machine = result["webhook_to_task_ms"], result["machine"]
    cores, memory = machine["cores"], machine["memory_gib"]
    place = f"{cores} cores, {memory} GiB, Python {machine['python']}, commit {result['commit']}"
    values = (
        f"{result['pipeline_orders_per_second']:,.0f}",
        f"{result['bare_orders_per_second']:,.0f}",
        f"{result['packed_orders_per_second']:,.0f}",
        f"{result['ratio']:.2f}",
        f"{delays['p50']:.0f} / {delays['p95']:.0f} / {delays['p99']:.0f} ms",
        place,
    )
    head, *labels = words
    rows = (f"| {label} | {value} |" for label, value in zip(labels, values, strict=True))
    return "\n".join((f"| {head[0]} | {head[1]} |", "|---|---|", *rows))


def quoted(readme: str, result: Mapping[str, Any], words: tuple[Any, ...]) -> str:
    """Return the text with the table between its markers."""
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return between.sub(f"{BEGIN}\n{table(result, words)}\n{END}", readme)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only tell whether they agree")
    check = parser.parse_args().check
    if not RESULT.exists():
        print("There is no result yet: run `make bench`.")
        return 0 if check else 1
    result = json.loads(RESULT.read_text("utf-8"))
    stale = []
    for name, words in READMES.items():
        path = ROOT / name
        before = path.read_text("utf-8")
        after = quoted(before, result, words)
        if after != before:
            stale.append(name)
            if not check:
                path.write_text(after, "utf-8")
    if check and stale:
        print(f"The figures in {', '.join(stale)} are not those of {RESULT.name}.")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
