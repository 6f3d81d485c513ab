"""Whether clamd is an engine here."""

import socket
from pathlib import Path

from pratique.clamd_at_start import with_clamd_found
from pratique.settings.settings import Settings
from tests.servers.clamd_server import ClamdServer


def test_what_is_set_is_not_looked_for(tmp_path: Path) -> None:
    """A daemon that is set and silent is unavailable, not absent."""
    for clamd in (("tcp:127.0.0.1:1",), ()):
        settings = Settings(data=tmp_path, clamd=clamd)
        assert with_clamd_found(settings, []) is settings


def test_where_nothing_answers_there_is_no_clamd(tmp_path: Path) -> None:
    """No file, a file that is no socket, a socket whose server is gone."""
    (tmp_path / "file").touch()
    left = tmp_path / "left"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(left))
    settings = Settings(data=tmp_path, cells=5)
    found = with_clamd_found(settings, [tmp_path / "absent", tmp_path / "file", left])
    assert found == Settings(data=tmp_path, cells=5, clamd=())


def test_a_daemon_that_answers_is_taken(clamd: ClamdServer, tmp_path: Path) -> None:
    """The first of the usual places where one does."""
    found = with_clamd_found(Settings(data=tmp_path), [tmp_path / "absent", clamd.socket_path])
    assert found.clamd == (clamd.setting,)
