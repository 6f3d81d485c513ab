"""Options that many commands share: the settings (`--data`, `--config`, and others by name), `--json`, points in time.

`@with_settings("smtp", "workers")` gives a command the flags of these settings besides `--data` and `--config`, and
calls it with `settings=`. `@starting_with_settings` also says on standard error which settings have no effect yet, and
gives the command `read_again=`, which reads them once more from the same places.

Failure: SettingsError passes through to `cli.py`; a point in time that cannot be read is wrong usage (exit status 2).
"""

import functools
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from pratique.settings.quantities import parse_duration
from pratique.settings.settings import Settings
from pratique.settings.sources import read_settings

GIVEN_BEFORE = "pratique.given_before"
"""Key in click's context: `--data` and `--config` given before the command's name."""
Command = TypeVar("Command", bound=Callable[..., Any])


def with_settings(*names: str) -> Callable[[Command], Command]:
    """Give a command `settings`, read with the flags of these settings."""
    return _passing(names, lambda read_again: {})


def starting_with_settings(*names: str) -> Callable[[Command], Command]:
    """The same for a command that starts processes, with `read_again=` for SIGHUP."""
    return _passing(names, lambda read_again: {"read_again": read_again})


def json_option(command: Command) -> Command:
    """Give a command `--json`, as `as_json`."""
    option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
    return option(command)


class PointInTime(click.ParamType[datetime]):
    """A time given as `2h` or `3d` ago, or as an ISO time; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except ValueError:
            pass
        try:
            return datetime.now(UTC) - timedelta(seconds=parse_duration(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time: write 2h, 3d, or 2026-11-24T10:00.", param, ctx)


def _passing(
    names: tuple[str, ...], further: Callable[[Callable[[], Settings]], dict[str, Any]]
) -> Callable[[Command], Command]:
    flags = ("data", *(name for name in names if name != "data"))

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_settings_read(**given: Any) -> Any:
            before = click.get_current_context().meta.get(GIVEN_BEFORE, {})
            config = given.pop("config") or before.get("config")
            values = {name: given.pop(name) for name in flags}
            values["data"] = values["data"] or before.get("data")
            read = functools.partial(read_settings, values, config=config)
            return command(settings=read(), **further(read), **given)

        decorated: Any = _config_option(with_settings_read)
        for name in reversed(flags):
            decorated = _setting_option(name)(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


def _config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option("--config", type=click.Path(path_type=Path), help="Settings file; otherwise ./pratique.toml.")
    return option(command)


def _setting_option(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    [setting] = [setting for setting in fields(Settings) if setting.name == name]
    about = setting.metadata
    text = f"{about['meaning']} [default: {about['default']}]".replace("`", "")
    is_list = str(about["unit"]).startswith("list of HOST")
    return click.option(
        f"--{name.replace('_', '-')}", name, multiple=is_list, metavar=_metavar(about["unit"]), help=text
    )


def _metavar(unit: str) -> str:
    return {"folder": "DIR", "processes": "N", "list of HOST:PORT": "HOST:PORT"}.get(
        unit, unit.upper().replace(" ", "-")
    )
