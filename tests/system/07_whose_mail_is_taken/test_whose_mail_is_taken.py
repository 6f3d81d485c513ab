"""Scenario: a client asks for all kinds of recipients; whose mail is taken is what docs/contract.md says.

1. The operator adds more tenants: one is suspended, one removes a domain, one has a domain that is not verified.
2. A client asks with RCPT. Every answer is as the contract says, and only permanent ones end a sender's trying.
3. What an operator changes counts within seconds, without a restart.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.servers.gateway import Gateway
from tests.servers.mail_client import answers_to_recipients, connected, letter, message_id, send
from tests.servers.postfix_server import PostfixServer
from tests.servers.program import wait_until
from tests.servers.serving import add_tenant, route_to_nobody, serving

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def one(next_hop: PostfixServer) -> Iterator[Gateway]:
    with serving({"tenant.example": next_hop.route, "removed.example": next_hop.route}) as started:
        add_tenant(started, "neighbour", {"neighbour.example": route_to_nobody()})
        started.do("recipients", "source", "neighbour.example", "accept-all")
        add_tenant(started, "newcomer", {"unverified.example": next_hop.route}, is_verified=False)
        add_tenant(started, "debtor", {"suspended.example": next_hop.route})
        started.do("tenant", "suspend", "debtor")
        started.do("domain", "remove", "removed.example", "--yes")
        yield started


@pytest.mark.parametrize(
    ("recipient", "answer"),
    [
        ("user@tenant.example", "250 2.1.5"),
        ("USER@Tenant.EXAMPLE", "250 2.1.5"),
        ("user@unknown.example", "550 5.1.2"),
        ("user@sub.tenant.example", "550 5.1.2"),
        ("user@unverified.example", "451 4."),
        ("user@suspended.example", "451 4."),
        ("user@removed.example", "451 4."),
        ("postmaster", "250 2.1.5"),
        ("postmaster@mx.pratique.example", "250 2.1.5"),
        ("anybody@mx.pratique.example", "550 5.1.2"),
        ("user", "501 5.1.3"),
        ("user@unknown.example@tenant.example", "501 5.1.3"),
        ("user%unknown.example@tenant.example", "550 5.1.3"),
    ],
)
def test_a_recipient_is_answered_as_the_contract_says(one: Gateway, recipient: str, answer: str) -> None:
    """Permanent for what is nobody's, transient for what may be somebody's tomorrow."""
    [given] = answers_to_recipients(one.smtp_port, [recipient])
    assert given.line.startswith(answer), given


def test_two_tenants_never_share_a_transaction(one: Gateway) -> None:
    """The second tenant's recipient is put off with 452 4.5.3, the first one's others are not."""
    recipients = ["user@tenant.example", "user@neighbour.example", "other@tenant.example"]
    first, second, third = answers_to_recipients(one.smtp_port, recipients)
    assert (first.code, third.code) == (250, 250)
    assert second.line.startswith("452 4.5.3 "), second


def test_a_transaction_of_their_own_follows_in_the_same_session(one: Gateway, next_hop: PostfixServer) -> None:
    """What was put off is taken when the sender comes back with it."""
    first, second = uuid4().hex, uuid4().hex
    with connected(one.smtp_port) as client:
        for mark, recipient, refused in (
            (first, "user@tenant.example", "user@neighbour.example"),
            (second, "user@neighbour.example", "user@tenant.example"),
        ):
            client.mail("author@sender.example")
            assert client.rcpt(recipient)[0] == 250
            assert client.rcpt(refused)[0] == 452
            assert client.data(letter(mark))[0] == 250
    assert next_hop.wait_for("user", first.encode())
    assert [each["recipient"] for each in one.ask("queue", "list") if each["message_id"] == message_id(second)] == [
        "user@neighbour.example"
    ]
    assert not [each for each in next_hop.messages("user") if second.encode() in each]


def test_mail_to_postmaster_is_kept_for_the_operator(one: Gateway) -> None:
    """`<postmaster>` has no server of its own: the letter is held, and accounted for."""
    mark = uuid4().hex
    assert send(one.smtp_port, letter(mark), ["postmaster"]).code == 250
    assert f"quarantine operator {message_id(mark)} postmaster {mark}" in one.do("accounted").splitlines()


def test_a_change_counts_within_seconds(one: Gateway, next_hop: PostfixServer) -> None:
    """A domain verified and a tenant suspended: both are in force without a restart, though both were asked before."""
    add_tenant(one, "rising", {"rising.example": next_hop.route}, is_verified=False)
    add_tenant(one, "falling", {"falling.example": next_hop.route})
    for domain in ("rising.example", "falling.example"):
        one.do("recipients", "source", domain, "accept-all")
    recipients = ["user@rising.example", "user@falling.example"]

    def answered() -> list[int]:
        return [answers_to_recipients(one.smtp_port, [recipient])[0].code for recipient in recipients]

    assert answered() == [451, 250]
    one.do("domain", "verify", "rising.example", "--verified")
    one.do("tenant", "suspend", "falling")
    wait_until(lambda: answered() == [250, 451], "both changes count", 10)
