"""The rspamd of the tests does what an rspamd does."""

from tests.servers.rspamd_server import RspamdServer


def test_it_answers_on_a_port_of_its_own(rspamd: RspamdServer) -> None:
    """Nobody's running server is asked."""
    assert rspamd.answers()
    assert rspamd.url.startswith("http://127.0.0.1:")
