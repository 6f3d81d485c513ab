"""The engines that the settings name."""

from pathlib import Path

from twisted.internet import reactor

from mx.cell.connection import CellAbout
from mx.engines.contract import EngineState
from pratique.compose.engines import engines_of, label_of, macros_state, signatures_state
from pratique.settings.settings import Settings


def test_clamd_is_an_engine_where_it_is_set(tmp_path: Path) -> None:
    """However many daemons there are: one engine."""
    assert engines_of(Settings(data=tmp_path, clamd=()), reactor) == []
    several = Settings(data=tmp_path, clamd=("unix:/run/a.sock", "tcp:127.0.0.1:3310"))
    assert [engine.name for engine in engines_of(several, reactor)] == ["clamd"]


def test_each_setting_adds_its_engines(tmp_path: Path) -> None:
    """ICAP services of one name are one engine; those for spam come after those for malware."""
    settings = Settings(
        data=tmp_path,
        clamd=("tcp:127.0.0.1:3310",),
        icap=("icap://a.example/scan", "other=icap://b.example/scan", "icap://c.example/scan"),
        rspamd=("http://127.0.0.1:11333",),
        command_scanner="/usr/bin/clamscan --no-summary {file}",
    )
    assert [engine.name for engine in engines_of(settings, reactor)] == ["clamd", "icap", "other", "command", "rspamd"]
    assert Settings.from_json(settings.to_json()) == settings


def test_an_engine_is_labelled_with_what_is_known_of_it() -> None:
    """Its version, and that of its signatures."""
    assert label_of(EngineState("clamd", True, "ready", "1.4.6", "27900")) == "clamd/1.4.6/27900"
    assert label_of(EngineState("clamd", True, "ready", "1.4.6")) == "clamd/1.4.6"
    assert label_of(EngineState("clamd", False, "silent")) == "clamd"


def test_signatures_are_as_the_cells_say() -> None:
    """Unavailable until the first of them is ready."""
    assert not signatures_state(None).is_available
    state = signatures_state(CellAbout("abc", "1.2", ("limits",)))
    assert (state.is_available, label_of(state)) == (True, "yara/1.2/abc")
    assert not macros_state(None).is_available
    assert label_of(macros_state(CellAbout("abc", "1.2", ("limits",)))) == "macros"
