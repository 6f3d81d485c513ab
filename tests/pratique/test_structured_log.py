"""Log lines: one for each event, secrets left out, hostile text kept on its line."""

import io
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from twisted.logger import Logger
from twisted.logger import LogLevel as Level
from twisted.python.failure import Failure

from pratique.settings.settings import LogLevel
from pratique.structured_log import (
    LEFT_OUT,
    REDACTED,
    StandardLibraryLines,
    line,
    line_of_log_event,
    line_of_trace_event,
    observer,
)
from tenants.trace.events import CopyHeld, MessageReceived

AT = datetime(2026, 11, 24, 1, 2, 3, 45000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "written"),
    [
        ({}, ""),
        ({"engine": "clamd", "scans": 3}, " engine=clamd scans=3"),
        ({"to": "a@b.example"}, " to=a@b.example"),
        ({"reason": "not found"}, ' reason="not found"'),
        ({"reason": "a\nerror forged=1"}, ' reason="a\\nerror forged=1"'),
        ({"reason": ""}, ' reason=""'),
        ({"names": ("Eicar", "a b")}, ' names=Eicar,"a b"'),
        ({"subject": "pay now", "Token": "abc"}, f" subject={LEFT_OUT} Token={LEFT_OUT}"),
    ],
)
def test_facts_are_written_as_key_and_value(facts: dict[str, object], written: str) -> None:
    """A value that is not a plain word is a JSON string, so that a line is one event."""
    assert line(AT, LogLevel.INFO, "mail.held", facts) == f"2026-11-24T01:02:03.045Z info mail.held{written}\n"


@pytest.mark.parametrize("name", sorted(REDACTED))
def test_what_is_redacted_is_never_written(name: str) -> None:
    """Tokens, keys, subjects and content, whoever says them."""
    assert "opensesame" not in line(AT, LogLevel.ERROR, "x.y", {name: "opensesame"})


def test_a_long_value_is_cut() -> None:
    """A stranger does not decide how much is logged."""
    assert len(line(AT, LogLevel.INFO, "x.y", {"words": "a" * 100_000})) < 600


def test_a_trace_event_gives_its_name_and_fields() -> None:
    """The trace and the log tell the same, but for the subject."""
    event = CopyHeld("abc", 7, AT, "a@b.example", 3, "infected", "550 5.7.1 No")
    assert line_of_trace_event(event) == (
        "2026-11-24T01:02:03.045Z info copy-held transaction=abc tenant_id=7 recipient=a@b.example held=3"
        ' reason=infected reply="550 5.7.1 No"\n'
    )
    received = MessageReceived("abc", 7, AT, "", ("a@b.example",), "<1@b.example>", "secret plans", 10, "192.0.2.1")
    assert f" subject={LEFT_OUT} " in line_of_trace_event(received)


def _event(**event: Any) -> dict[str, Any]:
    return {"log_time": AT.timestamp(), "log_level": Level.info, "log_namespace": "mx.intake", **event}


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (_event(log_format="engine.silent", engine="clamd"), "info engine.silent engine=clamd"),
        (_event(log_format="x.died", log_level=Level.warn), "warning x.died"),
        (_event(log_format="x.died", log_level=Level.critical), "error x.died"),
        (_event(log_format="Took {n} things", n=3), 'info mx.intake words="Took 3 things"'),
        (_event(log_format="start", log_namespace="twisted.web"), "debug start"),
    ],
)
def test_an_event_of_the_log_gives_its_line(event: dict[str, Any], written: str) -> None:
    """Static names stand as they are; other people's sentences become the fact `words`."""
    assert line_of_log_event(event) == f"2026-11-24T01:02:03.045Z {written}\n"


def test_a_failure_is_one_line_with_its_traceback() -> None:
    """A bug can be found from the log, and still is one event."""
    try:
        raise ValueError("two\nlines")
    except ValueError:
        written = line_of_log_event(_event(log_format="task.failed", log_failure=Failure(), log_level=Level.critical))
    assert written.count("\n") == 1
    assert 'failure="ValueError: two\\nlines"' in written
    assert "Traceback" in written


def test_only_lines_of_the_level_or_above_are_written() -> None:
    """What is below the level costs nothing and says nothing."""
    stream = io.StringIO()
    log = Logger(namespace="mx.intake", observer=observer(stream, LogLevel.WARNING))
    log.info("engine.asked")
    log.warn("engine.silent")
    log.error("engine.broken")
    assert [text.split()[1:] for text in stream.getvalue().splitlines()] == [
        ["warning", "engine.silent"],
        ["error", "engine.broken"],
    ]


def test_a_stream_that_is_gone_does_not_stop_the_work() -> None:
    """A closed terminal loses lines, nothing else."""
    stream = io.StringIO()
    stream.close()
    Logger(namespace="mx", observer=observer(stream, LogLevel.INFO)).info("engine.asked")


def test_lines_of_the_standard_library_look_alike() -> None:
    """Libraries that use `logging` end in the same lines."""
    stream = io.StringIO()
    logger = logging.Logger("uvicorn.error")
    logger.addHandler(StandardLibraryLines(stream))
    logger.warning("cannot %s", "bind")
    try:
        raise OSError("gone")
    except OSError:
        logger.exception("failed")
    first, second = stream.getvalue().splitlines()
    assert first.endswith(' warning uvicorn.error words="cannot bind"')
    assert " error uvicorn.error words=failed traceback=" in second
