"""What commands write on standard output: tables for people, JSON for programs, and text that is safe on a terminal.

Comes in: frozen values from the books. Goes out: with `--json` one JSON document and nothing else; otherwise a table
that fits 80 columns, without colour when piped. Names, addresses and subjects come from strangers: control characters,
and those that turn the direction of writing, are shown as escapes, so that a subject cannot move the cursor or hide its
neighbour.

Failure: none of its own; BrokenPipeError passes through to `cli.py`.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any

import click

WIDTH_WHEN_PIPED = 80
_HIDING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})
"""Unicode categories of what a terminal obeys or leaves out instead of showing it."""


def escaped(text: str) -> str:
    """The text on one line, with every character that does not show itself written as `\\x1b` or `\\u202e`."""
    return "".join(_escape(letter) if unicodedata.category(letter) in _HIDING else letter for letter in text)


def word(text: str) -> str:
    """The same as one word of a line: spaces escaped too, `-` when there is nothing."""
    safe = "".join(_escape(letter) if letter.isspace() else letter for letter in escaped(text))
    return safe or "-"


def shown(value: object) -> str:
    """A value as a cell of a table shows it."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case Enum():
            return str(value.value)
        case tuple() | list() | frozenset():
            return ", ".join(shown(entry) for entry in value) or "-"
        case _:
            return escaped(str(value)) or "-"


def plain_value(value: object) -> Any:
    """A value as JSON has it: dataclasses as objects, times in ISO form, durations in seconds."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case PurePath():
            return str(value)
        case Mapping():
            return {str(key): plain_value(entry) for key, entry in value.items()}
        case tuple() | list() | set() | frozenset():
            return [plain_value(entry) for entry in value]
        case _ if is_dataclass(value):
            return {entry.name: plain_value(getattr(value, entry.name)) for entry in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_json(value: object) -> None:
    """One JSON document, and a line end."""
    click.echo(json.dumps(plain_value(value), ensure_ascii=True, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], when_empty: str) -> None:
    """A table with these column titles, or one sentence when there is no row.

    A title that begins with `!` marks a column that is never broken: an id that people copy.
    """
    # Imported here: only a command that prints a table pays for it.
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in columns:
        table.add_column(title.removeprefix("!"), no_wrap=title.startswith("!"), overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    if table.row_count:
        _print_rich(table)
    else:
        click.echo(when_empty)


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """One `name: value` line for each fact about a single thing, values under one another."""
    listed = list(facts)
    width = max((len(name) for name, _ in listed), default=0) + 1
    for name, value in listed:
        click.echo(f"{name + ':':{width}} {shown(value)}")


def _escape(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def _print_rich(table: object) -> None:
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_WHEN_PIPED
    Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False).print(table)
