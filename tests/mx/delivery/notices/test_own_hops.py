"""The way of our own mail: the relay, a tenant's routes, or the recipient's exchangers."""

import pytest

from mx.delivery.contract import CopyResult, Transfer
from mx.delivery.notices.own_hops import OwnHops
from mx.spool import Spool
from tenants.directory import Standing, Status
from tenants.domains.routes import Route
from tests.contracts.coroutines import result_at_once
from tests.contracts.disposing import OK, NextHopsInMemory, spooled, standing

RELAY = Route("smtp", "10.0.0.9", 2525)


class TwoDomains:
    async def look_up(self, address: str) -> Standing:
        return standing() if address.endswith("@acme.example") else Standing(Status.UNKNOWN_DOMAIN)


def sent(recipient: str, *relay: Route) -> tuple[list[CopyResult], list[list[str]], list[list[str]]]:
    """The results, and the routes that the relay's hops and the direct ones were given."""
    by_relay, direct, spool = NextHopsInMemory(), NextHopsInMemory(), spooled()
    assert isinstance(spool, Spool)
    hops = OwnHops(relay, by_relay, direct, TwoDomains())
    transfer = Transfer("", (recipient,), b"", spool, False, False)
    results = result_at_once(hops.deliver(transfer, 5))
    given = [[[route.text for route in routes] for routes, _ in each.transfers] for each in (by_relay, direct)]
    return list(results), given[0], given[1]


@pytest.mark.parametrize(
    ("recipient", "direct"),
    [
        ("a@Sender.example", [["mx://sender.example:25"]]),
        ("a@acme.example", [["smtp://mail.acme.example:25"]]),
    ],
)
def test_without_a_relay_mail_goes_where_its_domain_says(recipient: str, direct: list[list[str]]) -> None:
    """To its exchangers; a tenant's to the tenant's server. A relay takes everything."""
    assert sent(recipient) == ([OK], [], direct)
    assert sent(recipient, RELAY) == ([OK], [["smtp://10.0.0.9:2525"]], [])
