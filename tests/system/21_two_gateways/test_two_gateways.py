"""Scenario: mail goes through two gateways; the first one's stamp saves the second one work, and nothing else.

1. Both serve the tenant's domain: the first forwards to the second, the second to the tenant's Postfix.
2. The first checks SPF, DKIM and DMARC and stamps what is clean; the second trusts its stamps, whose key is in the DNS.
3. The second's own engine is not shown a part that a good stamp lists. A forged stamp saves nothing, and a good one
   over a virus changes nothing: it is refused and kept.
"""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from twisted.names import dns

from mx.stamp.form import Stamp, digest_of_recipients, merkle_root
from mx.stamp.seal import sign, signed_names
from tests.contracts.mail import EICAR, base64_part, message, text_part
from tests.contracts.scripted_dns import ScriptedDns, scripted_dns
from tests.servers.gateway import Gateway
from tests.servers.mail_client import AUTHOR, message_id, send
from tests.servers.plugin_folder import plugin_folder
from tests.servers.ports import HOST
from tests.servers.postfix_server import PostfixServer
from tests.servers.serving import TENANT, serving

pytestmark = pytest.mark.system
FIRST, PERSON = "first.pratique.example", "user@tenant.example"
WATCHFUL = """
import datetime, pathlib
from mx.engines.contract import EICAR, EngineState, Purpose
from mx.finding import Finding, Found, NothingFound, Severity

class Watchful:
    name, purpose, canary = "watchful", Purpose.MALWARE, EICAR

    def __init__(self, reactor, settings):
        self.log = pathlib.Path(settings["log"])

    async def examine(self, artifacts, circumstances, deadline):
        with self.log.open("a") as log:
            log.writelines(f"{each.sha256}\\n" for each in artifacts)
        found = tuple(
            Finding(self.name, "Watched", each.number, Severity.INFECTED)
            for each in artifacts if circumstances.is_canary
        )
        return Found(self.name, found) if found else NothingFound(self.name)

    async def state(self):
        old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
        return EngineState(self.name, True, "ready", "1", "1", old)
"""


@dataclass(frozen=True, slots=True)
class Two:
    """Both gateways, and what the second one's engine was shown."""

    first: Gateway
    second: Gateway
    log: Path

    def was_shown(self, content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() in self.log.read_text()


@pytest.fixture(scope="module")
def two(next_hop: PostfixServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    log = tmp_path_factory.mktemp("watchful") / "shown"
    log.touch()
    records: dict[tuple[str, int], list[dns.IEncodableRecord]] = {
        ("sender.example", dns.TXT): [dns.Record_TXT(b"v=spf1 ip4:127.0.0.1 -all")],
        ("_dmarc.sender.example", dns.TXT): [dns.Record_TXT(b"v=DMARC1; p=reject")],
    }
    points = {"pratique.engines:watchful": "Watchful"}
    with scripted_dns(ScriptedDns(records)) as server, plugin_folder("watchful_engine", WATCHFUL, points):
        common = {"resolver": f"{server.host}:{server.port}"}
        settings = {"plugins": f"watchful?log={log}", "stamp_trusted": FIRST, **common}
        with (
            serving({"tenant.example": next_hop.route}, settings) as second,
            serving({"tenant.example": f"smtp://{HOST}:{second.smtp_port}"}, {"hostname": FIRST, **common}) as first,
        ):
            first.do("policy", "set", "--tenant", TENANT, "agents=authentication,antivirus-stamp")
            second.do("policy", "set", "--tenant", TENANT, "agents=stamp-reader")
            place, record = re.fullmatch(r'(\S+)\. TXT "(.*)"\n', first.do("stamp", "key")).groups()  # type: ignore[union-attr]
            records[place, dns.TXT] = [dns.Record_TXT(record.encode())]
            time.sleep(5.5)  # what the directory remembers of the policies is good for so long
            yield Two(first, second, log)


def letter(mark: str, content: bytes) -> bytes:
    fields = (f"From: {AUTHOR}", f"To: {PERSON}", f"Subject: Report {mark}", f"Message-ID: {message_id(mark)}")
    header = "".join(f"{field}\r\n" for field in fields) + "Date: Tue, 24 Nov 2026 09:00:00 +0000\r\n"
    return message(text_part(), base64_part(content, b"report.bin"), header=header.encode())


def facts_of(gateway: Gateway, mark: str) -> dict[str, str]:
    """What agents learned."""
    [trace] = gateway.ask("trace", "--message-id", message_id(mark))
    return {event["fact"]: event["value"] for event in trace["events"] if event["event"] == "observed"}


def test_a_stamp_saves_work_and_the_mail_arrives_as_sent(two: Two, next_hop: PostfixServer, tmp_path: Path) -> None:
    """The part is not shown to the second engine; a part that came without a stamp is."""
    mark, content = uuid4().hex, uuid4().bytes * 100
    sent = letter(mark, content)
    assert send(two.first.smtp_port, sent).code == 250
    arrived = next_hop.wait_for("user", mark.encode())
    assert arrived.endswith(sent.replace(b"\r\n", b"\n"))
    assert arrived.count(b"Pratique-Stamp: ") == 1 and arrived.count(b"Pratique-Scanned: clean") == 1
    results = b"Authentication-Results: first.pratique.example;\n\tspf=pass smtp.mailfrom=author@sender.example;"
    assert results in arrived and b"dmarc=pass header.from=sender.example" in arrived
    assert facts_of(two.second, mark)["stamp"].startswith(f"{FIRST}: good for ")
    assert not two.was_shown(content)
    (tmp_path / "mail.eml").write_bytes(arrived)
    words = ("stamp", "verify", str(tmp_path / "mail.eml"), "--from", AUTHOR, "--to", PERSON)
    assert two.second.do(*words).endswith(": good\n")
    assert two.second.run(*words[:-1], "other@tenant.example").returncode == 10

    direct = uuid4().bytes * 100
    assert send(two.second.smtp_port, letter(uuid4().hex, direct)).code == 250
    assert two.was_shown(direct)


def stamp_over(two: Two, content: bytes, sent: bytes) -> Stamp:
    """A stamp of the first service, in every respect good, that calls this content clean."""
    key = load_pem_private_key((two.first.data / "stamp.key").read_bytes(), None)
    selector = two.first.do("stamp", "key").partition(".")[0]
    header = sent.partition(b"\r\n\r\n")[0] + b"\r\n"
    leaves, now = (hashlib.sha256(content).digest(),), int(time.time())
    stamp = Stamp(
        FIRST, selector, now, now + 3600, "x", "x", "clean", (1, 1), bytes(32), signed_names(header), bytes(32), leaves,
        merkle_root(leaves), hashlib.sha256(AUTHOR.encode()).digest(), digest_of_recipients([PERSON]),
    )  # fmt: skip
    return sign(stamp, header, key)  # type: ignore[arg-type]


def test_a_good_stamp_over_a_virus_overrides_nothing(two: Two) -> None:
    """What runs in the cells has found it, and that counts."""
    mark = uuid4().hex
    sent = letter(mark, EICAR)
    stamped = stamp_over(two, EICAR, sent).to_field().encode() + b"\r\n" + sent
    assert send(two.second.smtp_port, stamped).line.startswith("550 5.7.1 ")
    assert facts_of(two.second, mark)["stamp"] == f"{FIRST}: good for 1 parts"
    [held] = [each for each in two.second.ask("quarantine", "list") if each["message_id"] == message_id(mark)]
    assert held["reason"] == "infected"


def test_a_forged_stamp_saves_nothing_and_is_told(two: Two, next_hop: PostfixServer) -> None:
    """The tenant sees it in the trace."""
    mark, content = uuid4().hex, uuid4().bytes * 100
    sent = letter(mark, content)
    forged = replace(stamp_over(two, content, sent), signature=bytes(64)).to_field().encode() + b"\r\n" + sent
    assert send(two.second.smtp_port, forged).code == 250
    next_hop.wait_for("user", mark.encode())
    assert facts_of(two.second, mark)["stamp"] == f"{FIRST}: its signature does not fit"
    assert two.was_shown(content)
