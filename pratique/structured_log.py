"""Turns log events into lines on standard error: one line for each event, `time level name key=value ...`.

Comes in: what `twisted.logger` and the standard library's `logging` were told, and the events of the trace. An event
is a static name with its facts as keywords: `log.warn("engine.silent", engine=...)`. Goes out: one line in UTF-8;
values that are not plain words are written as JSON strings, so a line never breaks in two.

Limits: a value longer than 500 characters is cut. What REDACTED names is never written, whoever says it: tokens, keys,
subjects and content of mail. Twisted's own chatter counts as *debug*.
Failure: a line that standard error does not take is lost; nothing waits for it.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import TextIO, cast

from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogBeginner
from twisted.logger import LogLevel as Level
from twisted.python.failure import Failure
from zope.interface import provider

from pratique.settings.settings import LogLevel
from tenants.trace.events import Event

REDACTED = frozenset(
    {
        "authorization", "body", "content", "cookie", "csrf", "headers", "key", "link", "master_key", "octets_seen",
        "password", "preview", "record", "secret", "session", "subject", "text_preview", "token",
    }
)  # fmt: skip
LEFT_OUT = "(left out)"
LONGEST_VALUE = 500
_ORDER = {LogLevel.DEBUG: 10, LogLevel.INFO: 20, LogLevel.WARNING: 30, LogLevel.ERROR: 40}
_LEVELS = {"debug": LogLevel.DEBUG, "info": LogLevel.INFO, "warn": LogLevel.WARNING}
_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9_.:/@+<>\[\]-]+", re.ASCII)


def log_to_stderr(level: LogLevel) -> None:
    """Write every event of this level or above to standard error, from now on, for the whole process."""
    globalLogBeginner.beginLoggingTo([observer(sys.stderr, level)], redirectStandardIO=False)
    # What libraries tell of their own steps helps nobody who does not debug them.
    least = _ORDER[level] if level is LogLevel.DEBUG else max(_ORDER[level], logging.WARNING)
    logging.basicConfig(handlers=[StandardLibraryLines(sys.stderr)], level=least, force=True)
    logging.captureWarnings(True)


def observer(stream: TextIO, level: LogLevel) -> ILogObserver:
    """A `twisted.logger` observer that writes lines to this stream."""

    @provider(ILogObserver)
    def observe(event: LogEvent) -> None:
        if _ORDER[_level(event)] >= _ORDER[level]:
            _write(stream, line_of_log_event(event))

    return cast("ILogObserver", observe)


def line_of_log_event(event: LogEvent) -> str:
    """The line for one event of `twisted.logger`."""
    facts = {name: value for name, value in event.items() if not name.startswith("log_") and name not in _OF_TWISTED}
    name = event.get("log_format") or ""
    if not _NAME.fullmatch(name):
        # Somebody else's event: its words, not its keywords, are what it says.
        facts, name = {"words": formatEvent(event)}, str(event.get("log_namespace", "log"))
    failure = event.get("log_failure")
    if isinstance(failure, Failure):
        facts["failure"] = f"{type(failure.value).__name__}: {failure.getErrorMessage()}"
        facts["traceback"] = failure.getTraceback()
    return line(datetime.fromtimestamp(event.get("log_time", 0.0), UTC), _level(event), name, facts)


def line_of_trace_event(event: Event) -> str:
    """The line for one trace event: its name, and its fields as the facts, but for those left at their default."""
    said = [field for field in fields(event) if field.name != "at" and getattr(event, field.name) != field.default]
    facts = {field.name: getattr(event, field.name) for field in said}
    return line(event.at, LogLevel.INFO, event.name, facts)


def line(at: datetime, level: LogLevel, name: str, facts: Mapping[str, object]) -> str:
    """One line, line end included."""
    words = [at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z", level.value, _value(name)]
    words += [f"{fact}={LEFT_OUT if fact.lower() in REDACTED else _value(value)}" for fact, value in facts.items()]
    return " ".join(words) + "\n"


class StandardLibraryLines(logging.Handler):
    """Lines for libraries that speak to the standard library's `logging`."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        facts: dict[str, object] = {"words": record.getMessage()}
        if record.exc_info and record.exc_info[0]:
            facts["traceback"] = logging.Formatter().formatException(record.exc_info)
        level = max((one for one in LogLevel if _ORDER[one] <= record.levelno), key=_ORDER.__getitem__)
        _write(self._stream, line(datetime.fromtimestamp(record.created, UTC), level, record.name, facts))


_OF_TWISTED = frozenset({"format", "isError", "message", "system", "time", "failure", "why"})
"""What Twisted's older log adds to each event."""


def _level(event: LogEvent) -> LogLevel:
    level = event.get("log_level", Level.info)
    if level is Level.info and str(event.get("log_namespace", "")).startswith(("twisted.", "log_legacy")):
        return LogLevel.DEBUG
    return _LEVELS.get(level.name, LogLevel.ERROR)


def _value(value: object) -> str:
    if isinstance(value, tuple | list | frozenset):
        return ",".join(_value(entry) for entry in value) or '""'
    text = str(value)
    limit = LONGEST_VALUE if "Traceback" not in text else 20 * LONGEST_VALUE
    cut = text if len(text) <= limit else text[:limit] + "…"
    return cut if _PLAIN.fullmatch(cut) else json.dumps(cut, ensure_ascii=True)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        # Standard error is gone (a closed terminal); the mail is not the worse for it.
        return
