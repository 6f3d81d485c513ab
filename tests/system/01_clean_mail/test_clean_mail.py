"""Scenario: an author's Postfix sends clean mail; it arrives at the tenant's Postfix as sent, our headers on top.

1. The operator adds a tenant and its domain, and starts `pratique up` with clamd, on SQLite or on PostgreSQL.
2. The author's own Postfix sends a letter through the gateway, the tenant's Postfix delivers it to a Maildir.
3. Below the tenant's trace lines stand our two headers, and below them every octet that the author's Postfix sent.
"""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.servers.clamd_server import ClamdServer
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id
from tests.servers.postfix_server import PostfixServer, sending_postfix
from tests.servers.serving import serving

pytestmark = pytest.mark.system
OURS = re.compile(
    rb"Pratique-Scanned: clean; by=mx\.pratique\.example;\n\tengines=(?P<engines>[^\n]+)\n"
    rb"Received: from mx\.sender\.example \(\[127\.0\.0\.1\]\)\n"
    rb"\tby mx\.pratique\.example \(Pratique\) with ESMTPS? id (?P<transaction>\w+)\n\tfor <user@tenant\.example>;\n"
    rb"\t\w{3}, [^\n]+\n"
)
SENDERS_OWN = re.compile(rb"Received: by mx\.sender\.example \(Postfix[^\n]*\n(?:\t[^\n]*\n)+")
ODD_PLACES = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <author@sender.example>\n"
    b"To: user@tenant.example\n"
    b"sUbJeCt:  spaces, a fold\n\t and %s\n"
    b"Message-ID: <%s@sender.example>\n"
    b"Date: Tue, 24 Nov 2026 09:00:00 +0000\n"
    b"X-Virus-Scanned: by somebody else\n"
    b"MIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=utf-8\n"
    b"Content-Transfer-Encoding: 8bit\n"
    b"\n"
    b".\n..\n.dot\n trailing blanks  \t\nF\xc3\xbcnf \xf0\x9f\x93\xac\nFrom the beginning of a line\n"
    b"\x01\x7f\x80\xff\n" + b"x" * 990 + b"\n\n\n"
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one(request: pytest.FixtureRequest, clamd: ClamdServer, next_hop: PostfixServer) -> Iterator[Gateway]:
    settings = {"clamd": clamd.setting}
    if request.param == "postgresql":
        settings["database_url"] = request.getfixturevalue("postgres").new_database()
    with serving({"tenant.example": next_hop.route}, settings) as started:
        yield started


@pytest.fixture(scope="module")
def author(one: Gateway) -> Iterator[PostfixServer]:
    with sending_postfix(one.smtp_port) as server:
        yield server


@pytest.mark.parametrize(
    "make",
    [
        lambda mark: letter(mark).replace(b"\r\n", b"\n"),
        lambda mark: ODD_PLACES % (mark.encode(), mark.encode()),
        lambda mark: letter(mark).replace(b"\r\n", b"\n") + b"A line of a large letter.\n" * 100_000,
    ],
    ids=["a short letter", "odd octets", "2.6 MB"],
)
def test_arrives_octet_for_octet(one: Gateway, author: PostfixServer, next_hop: PostfixServer, make: object) -> None:
    """Our two headers on top, the rest as the author's Postfix sent it, and the trace tells the same."""
    mark = uuid4().hex
    sent: bytes = make(mark)  # type: ignore[operator]
    author.send(sent, ["user@tenant.example"])
    arrived = next_hop.wait_for("user", mark.encode())
    ours = OURS.search(arrived)
    assert ours is not None, arrived[:2000]
    assert b"clamd" in ours["engines"] and b"yara/" in ours["engines"]
    below = arrived[ours.end() :]
    senders_own = SENDERS_OWN.match(below)
    assert senders_own is not None, below[:1000]
    assert below[senders_own.end() :] == sent
    [trace] = one.ask("trace", "--message-id", message_id(mark))
    assert trace["transaction"] == ours["transaction"].decode()
    assert [event["event"] for event in trace["events"]] == ["message-received", "examined", "copy-accepted"]
    assert trace["events"][-1]["reply"].startswith("250 ")


def test_nothing_of_it_is_kept(one: Gateway, author: PostfixServer, next_hop: PostfixServer) -> None:
    """What was delivered is neither queued nor held, and no copy of it stays behind."""
    mark = uuid4().hex
    author.send(letter(mark), ["user@tenant.example"])
    next_hop.wait_for("user", mark.encode())
    assert one.do("accounted") == ""
    assert not [path for path in (one.data / "blobs").rglob("*") if path.is_file()]
