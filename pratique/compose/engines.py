"""The engines, listed one by one in the order in which people see them. YARA-X is not here: it runs in the cells."""

from collections.abc import Callable
from typing import Any

from mx.engines.clamd import Clamd, parse_daemon
from mx.engines.contract import Engine
from pratique.settings import Settings


def engines_of(settings: Settings, reactor: Any) -> list[Engine]:
    """Every engine that the settings name."""
    engines: list[Engine] = []
    if settings.clamd:
        engines.append(Clamd(reactor, [parse_daemon(each) for each in settings.clamd], settings.clamd_max))
    return engines


def labels(versions: dict[str, str]) -> Callable[[str], str]:
    """Names an engine with the version that is known of it, as `clamd/1.4.6`."""

    def label(engine: str) -> str:
        version = versions.get(engine, "")
        return f"{engine}/{version}" if version else engine

    return label
