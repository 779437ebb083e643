"""Logs: one JSON object a line, and no value of an exception in it."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from common.telemetry.logging import configure

SECRET = "13800138000"

Lines = Callable[[], list[dict[str, Any]]]
Begin = Callable[[], Lines]


@pytest.fixture
def begin(capsys: pytest.CaptureFixture[str]) -> Iterator[Begin]:
    """Configure logging for the rest of the test, and return how to read what was written."""
    root = logging.getLogger()
    handlers, level, aiormq_level = root.handlers[:], root.level, logging.getLogger("aiormq").level

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def configured() -> Lines:
        configure(service="toy", instance="toy-1", level="info")
        return lines

    yield configured
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("aiormq").setLevel(aiormq_level)


def fails() -> None:
    raise ValueError(f"phone {SECRET} is taken")


def caught() -> ValueError:
    with pytest.raises(ValueError, match="taken") as info:
        fails()
    return info.value


def test_a_line_is_an_object_that_names_its_service(begin: Begin) -> None:
    lines = begin()
    structlog.get_logger().info("batch.handled", events=7)
    (line,) = lines()
    assert (line["event"], line["events"], line["level"]) == ("batch.handled", 7, "info")
    assert line["service"] == "toy"
    assert line["timestamp"].endswith("Z")


def test_line_breaks_do_not_make_lines(begin: Begin) -> None:
    lines = begin()
    structlog.get_logger().info("odd", text='one\ntwo"}\n')
    (line,) = lines()
    assert line["text"] == 'one\ntwo"}\n'


def test_an_error_is_named_with_its_place_and_without_its_text(begin: Begin) -> None:
    lines = begin()
    structlog.get_logger().error("failed", exc_info=caught())
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["at"].startswith("fails:")
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize("logger", ["uvicorn.error", "sqlalchemy.pool", "somebody"])
def test_an_error_that_a_library_logs_has_no_text_either(begin: Begin, logger: str) -> None:
    lines = begin()
    logging.getLogger(logger).error("Exception in application", exc_info=caught())
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert SECRET not in json.dumps(line)


def test_an_error_logged_from_its_handler_is_named(begin: Begin) -> None:
    lines = begin()
    try:
        fails()
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert SECRET not in json.dumps(line)


def test_an_error_in_a_task_nobody_asked_has_no_text_either(begin: Begin) -> None:
    """asyncio writes the repr of the exception into its message."""
    lines = begin()

    async def forget() -> None:
        task = asyncio.ensure_future(_fail())
        await asyncio.wait([task])
        del task

    asyncio.run(forget())
    assert SECRET not in json.dumps(lines())


async def _fail() -> None:
    fails()


def test_what_is_below_the_level_is_not_written(begin: Begin) -> None:
    lines = begin()
    structlog.get_logger().debug("quiet")
    logging.getLogger("somebody").debug("quiet")
    assert lines() == []
