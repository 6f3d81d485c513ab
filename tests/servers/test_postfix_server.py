"""The Postfix of the tests, in both roles: what one sends, the other delivers, refuses or is away for."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.servers.postfix_server import PostfixServer, sending_postfix


@pytest.fixture(scope="module")
def sender(next_hop: PostfixServer) -> Iterator[PostfixServer]:
    with sending_postfix(next_hop.port) as server:
        yield server


def letter(mark: str) -> bytes:
    return f"From: author@sender.example\nTo: user@tenant.example\nSubject: {mark}\n\n.dot\n{mark}\n".encode()


def test_delivers_from_one_to_the_other(sender: PostfixServer, next_hop: PostfixServer) -> None:
    """A letter given to sendmail stands in the Maildir, its body as it was."""
    mark = uuid4().hex
    sender.send(letter(mark), ["user@tenant.example"])
    assert next_hop.wait_for("user", mark.encode()).endswith(f"\n\n.dot\n{mark}\n".encode())


def test_a_refusal_comes_back_as_a_bounce(sender: PostfixServer) -> None:
    """An unknown mailbox is refused for good, and the author is told by his own server."""
    mark = uuid4().hex
    sender.send(letter(mark), ["nobody-here@tenant.example"])
    assert b"550 5.1.1" in sender.wait_for("author", mark.encode())


def test_waits_while_the_next_hop_is_away(sender: PostfixServer, next_hop: PostfixServer) -> None:
    """A letter stays in the sender's queue until the next hop is back, then arrives without help."""
    mark = uuid4().hex
    next_hop.stop()
    sender.send(letter(mark), ["user@tenant.example"])
    assert "user@tenant.example" in sender.queued()
    next_hop.start()
    sender.flush()
    assert next_hop.wait_for("user", mark.encode())


def test_settings_change(next_hop: PostfixServer, sender: PostfixServer) -> None:
    """A next hop that answers 450 keeps the letter in the sender's queue, with the reply."""
    mark = uuid4().hex
    next_hop.change({"smtpd_recipient_restrictions": "defer"})
    try:
        sender.send(letter(mark), ["user@tenant.example"])
        sender.flush()
    finally:
        next_hop.change({"smtpd_recipient_restrictions": ""})
    assert next_hop.wait_for("user", mark.encode())
