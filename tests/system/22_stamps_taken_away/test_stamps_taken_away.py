"""Scenario: mail comes with a forged stamp of another service, and leaves by every way there is.

1. The other service's key is in the DNS; no policy names an agent. One stamp fits its mail, one is another mail's.
2. Each goes on at once; then the tenant's Postfix is away, and each waits in the queue; each lies in the quarantine and
   is released.
3. By every way the same octets arrive: the genuine stamp stands where it stood; the forged one is gone, and nothing
   else is.
"""

import base64
from collections.abc import Iterator
from uuid import uuid4

import pytest
from twisted.names import dns

from mx.stamp.key_record import place_of_key
from tests.contracts.mail import EICAR, base64_part, message, text_part
from tests.contracts.scripted_dns import ScriptedDns, scripted_dns
from tests.contracts.stamps import stamped
from tests.servers.gateway import Gateway
from tests.servers.mail_client import AUTHOR, message_id, send
from tests.servers.postfix_server import PostfixServer, tenant_postfix
from tests.servers.program import ServerMissing
from tests.servers.serving import serving

pytestmark = pytest.mark.system
GOOD = stamped()


@pytest.fixture(scope="module")
def own_hop() -> Iterator[PostfixServer]:
    try:
        with tenant_postfix("tenant.example", ("user",)) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture(scope="module")
def one(own_hop: PostfixServer) -> Iterator[Gateway]:
    record = b"v=1; k=ed25519; p=" + base64.b64encode(GOOD.public_key)
    keys: dict[tuple[str, int], list[dns.IEncodableRecord]] = {
        (place_of_key(GOOD.stamp), dns.TXT): [dns.Record_TXT(record)]
    }
    with scripted_dns(ScriptedDns(keys)) as server:
        settings = {"resolver": f"{server.host}:{server.port}", "retry": "1h"}
        with serving({"tenant.example": own_hop.route}, settings) as started:
            yield started


def letter(mark: str, content: bytes) -> bytes:
    fields = (f"From: {AUTHOR}", "To: user@tenant.example", f"Subject: {mark}", f"Message-ID: {message_id(mark)}")
    header = "".join(f"{field}\r\n" for field in fields) + "Date: Tue, 24 Nov 2026 09:00:00 +0000\r\n"
    return message(text_part(), base64_part(content, b"report.com"), header=header.encode())


def stamp_of(sent: bytes) -> bytes:
    """The other service's, for a message with this header."""
    header = sent.partition(b"\r\n\r\n")[0] + b"\r\n"
    return stamped(header=header).stamp.to_field().encode() + b"\r\n"


def arrived(hop: PostfixServer, mark: str, first: bytes) -> bytes:
    """From its first own octets on, or from its stamp; Postfix has turned the line ends."""
    octets = hop.wait_for("user", mark.encode())
    return octets[octets.index(first.replace(b"\r\n", b"\n")) :].replace(b"\n", b"\r\n")


@pytest.mark.parametrize("is_forged", [True, False])
def test_the_same_octets_arrive_by_every_way(one: Gateway, own_hop: PostfixServer, is_forged: bool) -> None:
    """At once, from the queue, from the quarantine."""
    for way in ("at once", "queue", "quarantine"):
        mark = uuid4().hex
        sent = letter(mark, EICAR if way == "quarantine" else b"a report")
        stamp = stamp_of(letter("another", b"") if is_forged else sent)
        if way == "queue":
            own_hop.stop()
        answer = send(one.smtp_port, stamp + sent)
        assert answer.code == (550 if way == "quarantine" else 250), answer
        if way == "queue":
            assert [each["message_id"] for each in one.ask("queue", "list")] == [message_id(mark)]
            own_hop.start()
            one.do("queue", "retry", "--all")
        if way == "quarantine":
            [held] = [each for each in one.ask("quarantine", "list") if each["message_id"] == message_id(mark)]
            one.do("quarantine", "release", str(held["id"]), "--wait", "60")
        left = sent if is_forged else stamp + sent
        assert arrived(own_hop, mark, left[:60]) == left, way
        assert own_hop.wait_for("user", mark.encode()).count(b"Pratique-Stamp") == (0 if is_forged else 1)
