"""The engines, listed one by one in the order in which people see them. YARA-X is not here: it runs in the cells.

Those of other packages come last, in the order in which `plugins` names them, in processes of their own.
"""

import shlex
from typing import Any

from mx.cell.connection import CellAbout
from mx.engines.contract import Engine, EngineState
from mx.engines.icap.protocol import IcapService
from mx.engines.verdict_cache import MOST_ENTRIES, VerdictCache
from mx.finding import MACROS, SIGNATURES
from pratique.outside_plugins import outside_engines
from pratique.settings.scanner_values import read_exits, split_icap
from pratique.settings.settings import Settings


def engines_of(settings: Settings, reactor: Any) -> list[Engine]:
    """Every engine that the settings name."""
    engines: list[Engine] = []
    cache = VerdictCache(MOST_ENTRIES if settings.verdict_cache else 0)
    if settings.clamd:
        from mx.engines.clamd.engine import Clamd, parse_daemon

        engines.append(Clamd(reactor, [parse_daemon(each) for each in settings.clamd], settings.clamd_max, cache))
    if settings.icap:
        engines.extend(_icap_engines(settings, reactor, cache))
    if settings.command_scanner:
        from mx.engines.command.engine import Command

        words, exits = shlex.split(settings.command_scanner), read_exits(settings.command_scanner_exits)
        engines.append(Command(reactor, words, exits, settings.command_scanner_name, cache))
    if settings.rspamd:
        from mx.engines.rspamd.engine import Rspamd

        engines.append(Rspamd(reactor, settings.rspamd))
    engines.extend(outside_engines(settings, reactor))
    return engines


def _icap_engines(settings: Settings, reactor: Any, cache: VerdictCache) -> list[Engine]:
    """An engine for each name, of all services with that name."""
    from mx.engines.icap.engine import Icap

    services: dict[str, list[IcapService]] = {}
    for text in settings.icap:
        name, service = split_icap(text)
        services.setdefault(name, []).append(service)
    return [Icap(name, reactor, each, settings.icap_max, cache) for name, each in services.items()]


def label_of(state: EngineState) -> str:
    """The engine with what is known of its versions, as `clamd/1.4.6/27900`."""
    return "/".join(part for part in (state.engine, state.version, state.signature_version) if part)


def signatures_state(about: CellAbout | None) -> EngineState:
    """YARA-X as an engine, from what a cell says of itself."""
    if about is None:
        return EngineState(SIGNATURES, is_available=False, text="starting")
    return EngineState(SIGNATURES, True, _readiness(about), about.engine_version, about.rules_version)


def macros_state(about: CellAbout | None) -> EngineState:
    """The macro heuristics as an engine; they come with the cells, and have no version of their own."""
    return EngineState(MACROS, about is not None, "starting" if about is None else "ready")


def _readiness(about: CellAbout) -> str:
    return f"ready; cannot be read here: {', '.join(about.missing)}" if about.missing else "ready"
