"""The slapd of the tests does what a slapd does."""

import socket

from tests.servers.slapd_server import SlapdServer


def test_it_comes_back_where_it_was(slapd: SlapdServer) -> None:
    """At the same port, with other entries."""
    slapd.fill([{"mail": ["ann@acme.example"]}])
    socket.create_connection(("127.0.0.1", slapd.port), 5).close()
    assert slapd.url.startswith("ldap://127.0.0.1:")
