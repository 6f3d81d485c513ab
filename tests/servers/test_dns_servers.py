"""The DNS servers of the tests do what the tests believe of them."""

import dns.flags
import dns.message
import dns.query
import pytest

from tests.servers.dns_servers import dns_servers
from tests.servers.program import ServerMissing


def test_signed_zones_are_vouched_for_and_others_are_not() -> None:
    """By the AD bit."""
    try:
        with dns_servers({"secure.example": "a 60 A 192.0.2.1\n"}, {"plain.example": "a 60 A 192.0.2.2\n"}) as (
            host,
            port,
        ):
            for name, is_vouched_for in (("a.secure.example", True), ("a.plain.example", False)):
                query = dns.message.make_query(name, "A", want_dnssec=True)
                answer = dns.query.udp(query, host, 5.0, port)
                assert answer.answer, answer
                assert bool(answer.flags & dns.flags.AD) is is_vouched_for, answer
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")
