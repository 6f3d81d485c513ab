"""Scenario: two gateways have each other as next hop, and a route to oneself is refused when it is set.

1. A domain of the first gateway has its route at the second, and the second's leads back to the first.
2. A message that has been on its way for long arrives. It goes round a few times, and ends at 554 5.4.6, which comes
   back to whoever sent it: nothing is kept, nothing goes round for ever.
3. The operator tries to set a route that leads to the gateway itself, and is told so.
"""

from collections.abc import Iterator

import pytest

from tests.servers.gateway import Gateway, gateway
from tests.servers.mail_client import connected, letter
from tests.servers.serving import add_tenant

pytestmark = pytest.mark.system
DOMAIN = "circle.example"
RECEIVED = b"Received: from a.example by b.example; Mon, 23 Nov 2026 12:00:00 +0000\r\n"


@pytest.fixture(scope="module")
def circle() -> Iterator[tuple[Gateway, Gateway]]:
    with (
        gateway({"hostname": "one.pratique.example"}) as one,
        gateway({"hostname": "two.pratique.example"}) as two,
    ):
        for here, there in ((one, two), (two, one)):
            add_tenant(here, "circle", {DOMAIN: f"smtp://127.0.0.1:{there.smtp_port}"})
            here.do("recipients", "source", DOMAIN, "accept-all")
        yield one, two


def test_a_message_that_goes_round_ends(circle: tuple[Gateway, Gateway]) -> None:
    """At over 100 Received lines (RFC 5321 section 6.3), with an answer for its sender."""
    one, two = circle
    with connected(one.smtp_port) as client:
        client.mail("author@sender.example")
        assert client.rcpt(f"user@{DOMAIN}")[0] == 250
        code, words = client.data(RECEIVED * 95 + letter("circle"))
    assert code == 554, words
    assert words.startswith(b"5.4.6 "), words
    for each in circle:
        assert each.ask("queue", "list") == []
        assert each.ask("quarantine", "list") == []
    rounds = [len(each.ask("trace")) for each in (one, two)]
    assert sum(rounds) == 6, rounds  # with 95 to 100 lines; the one with 101 was refused


def test_a_route_to_oneself_is_refused(circle: tuple[Gateway, Gateway]) -> None:
    """By socket, by name, and by the MX name of a customer."""
    one, _ = circle
    for route in (
        "smtp://one.pratique.example",
        "smtp://circle-example.mx.one.pratique.example",
        "mx://one.pratique.example",
    ):
        done = one.run("domain", "route", DOMAIN, route)
        assert done.returncode == 1, route
        assert "leads to this service itself" in done.stderr, route
