"""The engines, listed one by one in the order in which people see them. YARA-X is not here: it runs in the cells."""

from typing import Any

from mx.cell.connection import CellAbout
from mx.engines.contract import Engine, EngineState
from mx.engines.verdict_cache import MOST_ENTRIES, VerdictCache
from mx.finding import MACROS, SIGNATURES
from pratique.settings import Settings


def engines_of(settings: Settings, reactor: Any) -> list[Engine]:
    """Every engine that the settings name."""
    engines: list[Engine] = []
    cache = VerdictCache(MOST_ENTRIES if settings.verdict_cache else 0)
    if settings.clamd:
        from mx.engines.clamd import Clamd, parse_daemon

        engines.append(Clamd(reactor, [parse_daemon(each) for each in settings.clamd], settings.clamd_max, cache))
    return engines


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
