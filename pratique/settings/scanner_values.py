"""The values of settings that name scanners: ICAP services, Rspamd workers, a command, plug-ins. Pure.

Comes in: text. Goes out: the value that the field of `Settings` holds, or what it is made of.

Failure: ValueError whose text completes a sentence that begins with the setting's name and value.
"""

import re
import shlex
from urllib.parse import parse_qsl

from mx.engines.icap.protocol import IcapService, parse_service
from pratique.settings.quantities import parse_address, split_list

_NAME = re.compile("[a-z][a-z0-9-]{0,30}")
_EXIT_WORDS = ("clean", "infected", "unscannable", "encrypted", "suspicious", "spam", "phishing")


def parse_icap(text: str) -> tuple[str, ...]:
    """ICAP services from a comma list, each perhaps with the name of its engine before it."""
    services = () if text.strip().lower() == "none" else split_list(text)
    for service in services:
        split_icap(service)
    return services


def split_icap(text: str) -> tuple[str, IcapService]:
    """The name of the engine, and the service, of `icap://host:port/service` or `name=icap://host:port/service`."""
    name, equals, url = text.rpartition("=icap://")
    if equals and not _NAME.fullmatch(name):
        raise ValueError(f"has {name!r}, which is no name for an engine: use small letters, digits and hyphens")
    return name or "icap", parse_service("icap://" + url if equals else text)


def parse_rspamd(text: str) -> tuple[str, ...]:
    """Rspamd workers from a comma list."""
    workers = () if text.strip().lower() == "none" else split_list(text)
    for worker in workers:
        if not worker.startswith("http://"):
            raise ValueError("is not an Rspamd: write it like http://127.0.0.1:11333")
        parse_address(worker.removeprefix("http://").rstrip("/"))
    return workers


def parse_command(text: str) -> str:
    """A command line, as written."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise ValueError("is not a command line: a quotation mark is missing") from None
    if words and not words[0].startswith("/"):
        raise ValueError("does not begin with the path of a program")
    return text.strip()


def parse_exits(text: str) -> str:
    """What exit statuses mean, as written."""
    read_exits(text)
    return text.strip()


def read_exits(text: str) -> dict[int, str]:
    """`clean` or a severity for each exit status, from `0=clean,1=infected`."""
    exits: dict[int, str] = {}
    for entry in split_list(text):
        status, _, word = entry.partition("=")
        if not re.fullmatch("[0-9]{1,3}", status) or word not in _EXIT_WORDS:
            raise ValueError(f"is not a list like 0=clean,1=infected; possible are {', '.join(_EXIT_WORDS)}")
        exits[int(status)] = word
    if "clean" not in exits.values():
        raise ValueError("says of no exit status that it is clean")
    return exits


def parse_pattern(text: str) -> str:
    """A regular expression with one group, as written."""
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if groups != 1:
        raise ValueError("has not exactly one group, for the name")
    return text


def parse_plugins(text: str) -> tuple[str, ...]:
    """Plug-ins from a comma list, each perhaps with settings of its own behind a question mark."""
    plugins = () if text.strip().lower() == "none" else split_list(text)
    for plugin in plugins:
        split_plugin(plugin)
    return plugins


def split_plugin(text: str) -> tuple[str, dict[str, str]]:
    """The name of a plug-in and its own settings, from `name` or `name?key=value&key=value`."""
    name, mark, query = text.partition("?")
    if not _NAME.fullmatch(name):
        raise ValueError(f"has {name!r}, which is no name: use small letters, digits and hyphens")
    return name, dict(parse_qsl(query, strict_parsing=True)) if mark else {}
