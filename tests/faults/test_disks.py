"""A disk that fills up, breaks or turns read-only under the running program: senders try again, nothing is lost.

The senders' server is played by `mail_client`; what was answered 250 is in `taken`, and is looked for at the end.
"""

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contracts.mail import EICAR
from tests.faults.node import AWAY, THERE, lost, node_on, readiness
from tests.servers.disks import Ext4Disk, ext4_disk, small_tmpfs
from tests.servers.gateway import Gateway
from tests.servers.mail_client import connected, letter, send
from tests.servers.moody_hop import Mood, MoodyHop, moody_hop
from tests.servers.process_table import pids_of
from tests.servers.program import ServerMissing, server_folder, wait_until

pytestmark = pytest.mark.system
MEGABYTE = 1 << 20
RECOVERY_SECONDS = 10.0
LINE = "Nothing but the day's reports, one line like the other, and so on.\r\n"


@dataclass
class Node:
    """A running gateway, its next hops, and what it has promised."""

    one: Gateway
    place: Path
    there: MoodyHop
    away: MoodyHop
    taken: list[str] = field(default_factory=list)

    def send(self, recipient: str, octets: int = 100, text: str = "") -> str:
        """The reply to one letter of about this size."""
        mark = uuid4().hex
        answer = send(self.one.smtp_port, letter(mark, text or LINE * (octets // len(LINE) + 1)), [recipient])
        if answer.code == 250:
            self.taken.append(mark)
        return answer.line

    def free(self) -> int:
        figures = os.statvfs(self.place)
        return figures.f_bavail * figures.f_frsize

    def takes_mail_again(self) -> None:
        """Within the time of the contract, without a restart, for both kinds of copy."""
        self.wait_for_250(THERE)
        self.wait_for_250(AWAY)
        wait_until(lambda: readiness(self.one)["disk"] == "ok", "the disk is told to be well", RECOVERY_SECONDS)

    def wait_for_250(self, recipient: str) -> None:
        wait_until(lambda: self.send(recipient)[:3] == "250", f"a letter to {recipient} is taken", RECOVERY_SECONDS)

    def settle(self) -> None:
        """The away server comes back: everything arrives, nothing is lost."""
        self.away.turn(Mood.UP)
        self.one.do("queue", "retry", "--all")

        def has_arrived() -> bool:
            return all(self.there.copies[mark] or self.away.copies[mark] for mark in self.taken)

        wait_until(has_arrived, "every letter that was answered 250 has arrived", 60)
        assert lost(self.one, self.taken, self.there, self.away) == []


@contextmanager
def running_on(place: Path, settings: dict[str, str]) -> Iterator[Node]:
    with moody_hop() as there, moody_hop(Mood.AWAY) as away, node_on(place, there, away, settings) as one:
        yield Node(one, place, there, away)


@pytest.fixture
def small() -> Iterator[Node]:
    """On 48 MB, with messages of 10 MB at most."""
    try:
        with small_tmpfs(48) as place, running_on(place, {"size": "10MB"}) as node:
            yield node
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture
def breaking() -> Iterator[tuple[Node, Ext4Disk]]:
    """On an ext4 that this test may break."""
    try:
        with ext4_disk() as disk, running_on(disk.place, {"size": "10MB"}) as node:
            yield node, disk
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


def test_a_disk_that_fills_up_puts_senders_off_in_time(small: Node) -> None:
    """452 before the content is sent, with the reserve untouched; it drains by itself once the server is back."""
    answers: list[str] = []
    while answers[-5:] != ["452"] * 5:
        # Near the edge, what the message before took for a moment makes the difference.
        answers.append(small.send(AWAY, MEGABYTE)[:3])
        assert answers[-1] in ("250", "452")
    assert small.free() > 1.5 * 10 * MEGABYTE
    assert len(small.taken) > 10
    with connected(small.one.smtp_port) as client:
        assert client.mail("author@sender.example")[0] == 452
    assert readiness(small.one)["disk"] == "full or not writable"
    with urllib.request.urlopen(f"{small.one.portal_url}/signin", timeout=30) as page:
        assert page.status == 200
    assert len(small.one.ask("queue", "list")) == len(small.taken)
    small.settle()
    wait_until(lambda: small.send(THERE, MEGABYTE)[:3] == "250", "mail is taken again", 20)
    small.settle()


def fill(place: Path) -> Path:
    """A file that takes all the room there is."""
    stuffing = place / "stuffing"
    with stuffing.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            return stuffing
    raise AssertionError("the disk has no end")


@pytest.mark.parametrize("octets", [100, 4 * MEGABYTE], ids=["in memory", "spooled"])
def test_a_disk_that_is_full_in_the_middle_of_the_content(small: Node, octets: int) -> None:
    """4xx at the end of data, for what must be queued and for what must be held; taken when there is room again."""
    for recipient, text in ((AWAY, LINE), (THERE, EICAR.decode())):
        content = letter(uuid4().hex, text + "\r\n" + LINE * (octets // len(LINE)))
        with connected(small.one.smtp_port) as client:
            client.mail("author@sender.example")
            client.rcpt(recipient)
            assert client.docmd("DATA")[0] == 354
            stuffing = fill(small.place)
            client.send(content + b".\r\n")
            assert client.getreply()[0] in (451, 452)
        # Whoever watches is told what was so a moment ago.
        wait_until(lambda: readiness(small.one)["disk"] != "ok", "the disk is told to be full", RECOVERY_SECONDS)
        stuffing.unlink()
        small.takes_mail_again()
    small.settle()


def processes(one: Gateway) -> dict[str, frozenset[int]]:
    """Those that must live through it."""
    return {kind: pids_of(kind, one.pid) for kind in ("mx", "work", "portal")}


def test_a_disk_that_breaks(breaking: tuple[Node, Ext4Disk]) -> None:
    """4xx while it gives EIO; no process dies of it or keeps it busy; a new mount in its place is taken as it is."""
    node, disk = breaking
    for recipient in (THERE, AWAY, AWAY):
        assert node.send(recipient)[:3] == "250"
    before = processes(node.one)
    disk.fail()
    for recipient in (AWAY, THERE, AWAY):
        assert node.send(recipient)[:1] == "4"
    wait_until(lambda: readiness(node.one)["state"] == "degraded" and disk.unmount(), "nobody keeps it busy", 30)
    assert processes(node.one) == before, node.one.log()
    disk.mount()
    node.takes_mail_again()
    node.settle()
    assert processes(node.one) == before, node.one.log()


def test_a_disk_that_the_kernel_makes_read_only(breaking: tuple[Node, Ext4Disk]) -> None:
    """4xx, while the portal reads on; a stop is a stop, and a start on the repaired disk has everything."""
    node, disk = breaking
    assert node.send(AWAY)[:3] == "250"
    before = processes(node.one)
    disk.abort()
    for recipient in (AWAY, THERE):
        assert node.send(recipient)[:1] == "4"
    assert readiness(node.one)["disk"] == "full or not writable"
    with urllib.request.urlopen(f"{node.one.portal_url}/signin", timeout=30) as page:
        assert page.status == 200
    assert processes(node.one) == before, node.one.log()
    assert node.one.stop() == 0
    wait_until(disk.unmount, "nobody keeps it busy", 30)
    disk.mount()
    node.one.start()
    node.takes_mail_again()
    node.settle()


def test_a_read_only_disk_of_sealed_mail() -> None:
    """4xx for what must be stored, before its content where that can be; taken again once it may be written."""
    try:
        with (
            ext4_disk() as disk,
            server_folder("data") as place,
            running_on(place, {"size": "10MB", "blobs": str(disk.place / "blobs")}) as node,
        ):
            assert node.send(AWAY)[:3] == "250"
            disk.make_read_only()
            for recipient in (AWAY, THERE):
                assert node.send(recipient)[:3] == "452"
            assert readiness(node.one)["disk"] == "full or not writable"
            disk.make_read_only(is_read_only=False)
            node.takes_mail_again()
            node.settle()
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")
