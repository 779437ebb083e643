"""The life cycle of an order: a picture and a table, from the table the services step by."""

from common.life_cycle import FINAL, TRANSITIONS, State


def page() -> str:
    arrows = (f"  {t.source or '[*]'} --> {t.target}: {t.trigger} ({t.owner})" for t in TRANSITIONS)
    ends = (f"  {state} --> [*]" for state in State if state in FINAL)
    rows = (
        f"| {f'`{t.source}`' if t.source else '(new)'} | `{t.trigger}` | `{t.target}` | {t.owner} |"
        for t in TRANSITIONS
    )
    return "\n".join(
        (
            "# Life cycle of an order",
            "",
            "Made by `make docs` from `common.life_cycle`; do not edit.",
            "The owner is the service that takes the step and answers for it.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *arrows,
            *ends,
            "```",
            "",
            "| state | trigger | next | owner |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )
