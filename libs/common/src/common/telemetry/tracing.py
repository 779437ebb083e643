"""W3C Trace Context: the trace stays, every hop gets a span id of its own.

Format: https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
from random import getrandbits

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NO_TRACE = "0" * 32


def next_hop(traceparent: str | None) -> str:
    """Continue the trace, or begin one where there is none or it is malformed."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    trace_id, flags = (match[1], match[3]) if match else (_NO_TRACE, "01")
    if trace_id == _NO_TRACE:
        trace_id = f"{getrandbits(128) or 1:032x}"  # unique, not secret
    return f"00-{trace_id}-{getrandbits(64) or 1:016x}-{flags}"
