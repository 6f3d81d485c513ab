"""Scenario: the tenant's own server refuses a letter; its sender hears it from us, without that server's name.

1. A client sends to a mailbox that the tenant's Postfix does not know: its 550 5.1.1 is passed on at RCPT.
2. The Postfix is told to answer 450: that is passed on too, and the sender's next try is delivered.
3. With two recipients, one known and one not, the unknown one is refused, and the other one's copy arrives.
4. Where nobody is asked at RCPT, both cannot be told at the end of data: 250, and the unknown one's copy is kept.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.servers.gateway import Gateway
from tests.servers.mail_client import answers_to_recipients, connected, letter, message_id, send
from tests.servers.postfix_server import PostfixServer, sending_postfix, tenant_postfix
from tests.servers.program import ServerMissing
from tests.servers.serving import TENANT, serving

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def own_hop() -> Iterator[PostfixServer]:
    try:
        with tenant_postfix("tenant.example", ("user",)) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture(scope="module")
def one(own_hop: PostfixServer) -> Iterator[Gateway]:
    with serving({"tenant.example": own_hop.route}) as started:
        yield started


def names_of(server: PostfixServer) -> tuple[str, ...]:
    """What would tell a stranger which machine it is."""
    return (f"mx.{server.domain}", "127.0.0.1", str(server.port), "localhost", "Postfix")


def test_an_unknown_mailbox_is_refused_in_its_words_without_its_name(one: Gateway, own_hop: PostfixServer) -> None:
    """550 5.1.1 at RCPT, and neither host name nor address of the tenant's server."""
    [answer] = answers_to_recipients(one.smtp_port, ["nobody-here@tenant.example"])
    assert answer.line.startswith("550 5.1.1 "), answer
    assert "unknown" in answer.text
    assert not [name for name in names_of(own_hop) if name in answer.text], answer
    assert one.do("accounted") == ""


def test_an_authors_own_server_reports_it(one: Gateway, own_hop: PostfixServer) -> None:
    """A real Postfix makes the bounce: the words of the tenant's server are in it, its name is not."""
    mark = uuid4().hex
    with sending_postfix(one.smtp_port) as author:
        author.send(letter(mark), ["nobody-here@tenant.example"])
        bounce = author.wait_for("author", mark.encode())
    assert b"550 5.1.1" in bounce
    assert f"mx.{own_hop.domain}".encode() not in bounce


def test_a_transient_refusal_is_passed_on_and_the_next_try_is_taken(one: Gateway, own_hop: PostfixServer) -> None:
    """450 while the tenant's server says so; nothing is kept, and the letter arrives once."""
    mark = uuid4().hex
    own_hop.change({"smtpd_recipient_restrictions": "defer"})
    try:
        answer = send(one.smtp_port, letter(mark))
    finally:
        own_hop.change({"smtpd_recipient_restrictions": ""})
    assert 450 <= answer.code <= 451, answer
    assert answer.text.startswith("4."), answer
    assert not [name for name in names_of(own_hop) if name in answer.text], answer
    assert one.do("accounted") == ""
    assert send(one.smtp_port, letter(mark)).code == 250
    own_hop.wait_for("user", mark.encode())
    assert len([each for each in own_hop.messages("user") if mark.encode() in each]) == 1


def test_a_known_recipient_beside_an_unknown_one_gets_the_letter(one: Gateway, own_hop: PostfixServer) -> None:
    """The client is told of the other one while it can still say so to its author."""
    mark = uuid4().hex
    with connected(one.smtp_port) as client:
        client.mail("author@sender.example")
        assert client.rcpt("nobody-here@tenant.example")[0] == 550
        assert client.rcpt("user@tenant.example")[0] == 250
        assert client.data(letter(mark))[0] == 250
    own_hop.wait_for("user", mark.encode())
    assert one.do("accounted") == ""


def test_answers_that_differ_are_taken_and_the_refused_copy_is_kept(own_hop: PostfixServer) -> None:
    """One reply is true for both recipients: the known one's copy arrives, the other one's is held as undeliverable."""
    mark = uuid4().hex
    with serving({"tenant.example": own_hop.route}) as one:
        one.do("recipients", "source", "tenant.example", "accept-all")
        _send_to_both(one, own_hop, mark)


def _send_to_both(one: Gateway, own_hop: PostfixServer, mark: str) -> None:
    answer = send(one.smtp_port, letter(mark), ["user@tenant.example", "nobody-here@tenant.example"])
    assert answer.code == 250, answer
    own_hop.wait_for("user", mark.encode())
    assert one.do("accounted").splitlines() == [
        f"quarantine {TENANT} {message_id(mark)} nobody-here@tenant.example {mark}"
    ]
    [held] = one.ask("quarantine", "list")
    assert held["reason"] == "undeliverable"
    one.do("quarantine", "delete", str(held["id"]), "--yes")
