"""Structured logs: one JSON object a line, with names and numbers and no personal data."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor


def configure(*, service: str, instance: str, level: str, stream: TextIO | None = None) -> None:
    """Send the program's and its libraries' logs to a stream, or to standard output, as JSON."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _name_errors,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # aiormq logs addresses and frames at every lost connection; ours say it once.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    structlog.contextvars.bind_contextvars(service=service, instance=instance)


def _name_errors(_: object, __: str, entry: EventDict) -> EventDict:
    """Replace a traceback by the error's type and where it happened: its text may hold values."""
    info = entry.pop("exc_info", None)
    info = sys.exc_info() if info is True else info
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        entry["error"] = type(error).__name__
        if trace is not None:
            code = trace.tb_frame.f_code
            entry["at"] = f"{code.co_qualname}:{trace.tb_lineno}"
        # asyncio writes the future with its error's repr on further lines of the message.
        entry["event"] = str(entry["event"]).partition("\n")[0]
    return entry
