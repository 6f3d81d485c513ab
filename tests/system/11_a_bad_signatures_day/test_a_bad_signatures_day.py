"""Scenario: a signature is false. It stops counting on every node within ten seconds, and what it held is released.

1. Two gateways, each with processes of its own, serve one database; both refuse EICAR and keep it.
2. `engines ignore` on one of them; within ten seconds both take the same mail.
3. `quarantine release --finding` scans what was held again and releases it; nobody named a single message.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.contracts.mail import EICAR, base64_part, message, text_part
from tests.servers.gateway import Gateway
from tests.servers.mail_client import message_id, send
from tests.servers.postfix_server import PostfixServer
from tests.servers.program import wait_until
from tests.servers.serving import serving

pytestmark = pytest.mark.system
IN_FORCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def nodes(next_hop: PostfixServer) -> Iterator[tuple[Gateway, Gateway]]:
    settings = {"clamd": "none", "retry": "1s"}
    with serving({"tenant.example": next_hop.route}, settings) as one, ExitStack() as stack:
        other = Gateway(one.data, settings, log_name="other.log")
        stack.callback(other.stop)
        other.start()
        yield one, other


def infected(mark: str) -> bytes:
    header = f"From: a@sender.example\r\nSubject: Invoice {mark}\r\nMessage-ID: {message_id(mark)}\r\n".encode()
    return message(text_part(), base64_part(EICAR, b"eicar.com"), header=header)


def test_a_false_signature_is_over_within_ten_seconds(nodes: tuple[Gateway, Gateway], next_hop: PostfixServer) -> None:
    """On the node where it was ignored and on the other one; what was held is released in bulk."""
    one, other = nodes
    held = [uuid4().hex for _ in nodes]
    for node, mark in zip(nodes, held, strict=True):
        assert send(node.smtp_port, infected(mark)).line.startswith("550 5.7.1 ")
    names = {name for each in one.ask("quarantine", "list") for name in each["findings"]}
    assert names
    for name in names:
        one.do("engines", "ignore", name)
    since = time.monotonic()
    late = [uuid4().hex for _ in nodes]
    for node, mark in zip(nodes, late, strict=True):
        letter = infected(mark)
        wait_until(lambda node=node, letter=letter: send(node.smtp_port, letter).code == 250, "it is taken again")
    assert time.monotonic() - since < IN_FORCE_SECONDS
    count = len(one.ask("quarantine", "list"))
    wanted = ("--finding", sorted(names)[0], "--since", "1h")
    assert f"{count} messages would be scanned again." in one.do("quarantine", "release", *wanted, "--dry-run")
    ended = other.do("quarantine", "release", *wanted, "--wait", "60")
    assert ended.rstrip().endswith(f"{count} messages released, 0 not.")
    for mark in (*held, *late):
        next_hop.wait_for("user", mark.encode())
    assert one.ask("quarantine", "list") == []
