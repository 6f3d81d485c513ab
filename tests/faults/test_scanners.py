"""Scanners that misbehave, seen from the sender: no answer of theirs is ever read as clean, and none is waited for.

The program runs with a clamd and an ICAP service, each behind a stand-in that hands everything through while it is
well. For each mood a clean letter is sent: it is put off within 45 s, nothing of it is delivered or kept, and it is
taken once the scanner is well again.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.faults.node import THERE, node_on, readiness
from tests.servers.clamd_server import ClamdServer
from tests.servers.gateway import Gateway
from tests.servers.icap_server import IcapServer
from tests.servers.mail_client import letter, send
from tests.servers.moody_hop import MoodyHop, moody_hop
from tests.servers.moody_scanner import WELL, Mood, MoodyScanner, moody_scanner
from tests.servers.program import server_folder, wait_until

pytestmark = pytest.mark.system
REPLY_SECONDS = 45.0
RECOVERY_SECONDS = 30.0
CLEAN = {"clamd": b"stream: OK\0", "icap": b'ICAP/1.0 204 No Content\r\nISTag: "1"\r\n\r\n'}
MEGABYTE = 1 << 20
EVERYBODY = {
    "missing": Mood(listens=False),
    "closes at once": Mood(reads=0),
    "closes in the question": Mood(reads=12),
    "garbage": Mood(bytes(range(256))),
    "10 MB of an answer": Mood(b"x" * (10 * MEGABYTE)),
    "an HTTP server": Mood(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"),
}
CLAMD = {
    "OK twice": Mood(CLEAN["clamd"] * 2),
    "OK and more": Mood(CLEAN["clamd"] + b"x"),
    "OK cut": Mood(CLEAN["clamd"][:-1]),
    "an error": Mood(b"INSTREAM: Can't allocate memory ERROR\0"),
    "OK to another question": Mood(b"PONG\0"),
}
_HEAD = b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=%d\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
ICAP = {
    "204 twice": Mood(CLEAN["icap"] * 2),
    "500": Mood(b"ICAP/1.0 500 Server error\r\n\r\n"),
    "a bad chunk": Mood(_HEAD % 19 + b"zz\r\nclean\r\n0\r\n\r\n"),
    "a wrong Encapsulated": Mood(_HEAD % 999 + b"5\r\nclean\r\n0\r\n\r\n"),
    "204 cut": Mood(CLEAN["icap"][:-2]),
}
TABLE = [
    *(("clamd", name, mood) for name, mood in (EVERYBODY | CLAMD).items()),
    *(("icap", name, mood) for name, mood in (EVERYBODY | ICAP).items()),
]


@dataclass(frozen=True, slots=True)
class Node:
    """The running program with both stand-ins."""

    one: Gateway
    there: MoodyHop
    scanners: dict[str, MoodyScanner]

    def put_off(self) -> float:
        """The seconds after which a clean letter was put off."""
        mark, begun = uuid4().hex, time.monotonic()
        answer = send(self.one.smtp_port, letter(mark), [THERE])
        seconds = time.monotonic() - begun
        assert answer.line.startswith("451 4."), answer.line
        assert not self.there.copies[mark]
        assert self.one.ask("accounted") == []
        return seconds

    def is_well(self) -> bool:
        """Whether letters are taken again; one that was not scanned a moment ago, so that both must answer."""
        return send(self.one.smtp_port, letter(uuid4().hex), [THERE]).code == 250

    def wait_until_well(self) -> None:
        wait_until(self.is_well, "letters are taken again", RECOVERY_SECONDS)


@pytest.fixture(scope="module")
def node(clamd: ClamdServer, icap: IcapServer) -> Iterator[Node]:
    _, host, port = icap.url.split(":")
    icap_place = (host.strip("/"), int(port.partition("/")[0]))
    with (
        moody_scanner(clamd.setting.removeprefix("unix:")) as before_clamd,
        moody_scanner(icap_place) as before_icap,
        moody_hop() as there,
        server_folder("scanners") as place,
    ):
        settings = {
            "clamd": f"tcp:127.0.0.1:{before_clamd.port}",
            "icap": f"icap://127.0.0.1:{before_icap.port}/{icap.url.rpartition('/')[2]}",
            "verdict_cache": "off",
        }
        with node_on(place, there, there, settings) as one:
            node = Node(one, there, {"clamd": before_clamd, "icap": before_icap})
            node.wait_until_well()
            yield node


@pytest.mark.parametrize(("engine", "name", "mood"), TABLE, ids=[f"{engine}, {name}" for engine, name, _ in TABLE])
def test_no_answer_is_read_as_clean(node: Node, engine: str, name: str, mood: Mood) -> None:
    """451, within the time of the contract; and all is well as soon as the scanner is."""
    scanner = node.scanners[engine]
    before = scanner.questions
    scanner.turn(mood)
    try:
        assert node.put_off() < REPLY_SECONDS
        assert scanner.questions > before or not mood.listens, f"{name}: nobody was asked"
    finally:
        scanner.turn(WELL)
    node.wait_until_well()


def test_nobody_is_waited_for(node: Node) -> None:
    """clamd gives an octet a second and never ends, the ICAP service is silent: one deadline for both."""
    node.scanners["clamd"].turn(Mood(b"stream: " + b"x" * 600, octet_seconds=1.0))
    node.scanners["icap"].turn(Mood(closes=False))
    try:
        assert 15 < node.put_off() < REPLY_SECONDS
        wait_until(lambda: readiness(node.one)["engines"] == "one does not answer", "the state is told", 40)
    finally:
        for scanner in node.scanners.values():
            scanner.turn(WELL)
    node.wait_until_well()
    wait_until(lambda: readiness(node.one)["state"] == "ready", "all is well", 40)
