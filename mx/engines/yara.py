"""YARA-X as people see it among the engines: its state. It runs in the cells, because a scan holds Python's own lock.

Comes in: nothing. Goes out: an EngineState. The outcome of each message comes with the cell's report
(`CellReport.signatures`), so the panel does not ask this engine.

Failure: none; a cell that died has answered *unscannable* in this engine's name.
"""

from importlib.metadata import version

from mx.cell.signatures import ENGINE, rules_version
from mx.engines.contract import EngineState


async def state() -> EngineState:
    """The library's version and the version of our own rules, which have no age of their own."""
    return EngineState(
        ENGINE, is_available=True, text="ready", version=version("yara-x"), signature_version=rules_version()
    )
