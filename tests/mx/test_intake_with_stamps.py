"""The intake and the stamps of other services: a forged one is not forwarded, whatever a policy says of agents."""

import base64
from datetime import timedelta
from typing import Any

from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.chain import Chain
from mx.agents.stamp_check import StampCheck
from mx.disposition.carry_out import Disposition
from mx.disposition.cleaning import Cleaner
from mx.disposition.keep import Keeper, QueueTimes
from mx.envelope import Recipient
from mx.examination import Examination
from mx.intake import Intake
from mx.scan import ENGINE_SECONDS
from mx.spool import Spool
from mx.stamp.key_record import place_of_key
from tenants.storage.viewpoint import Reader
from tenants.trace.events import Event, FieldsTakenAway
from tenants.trace.messages import list_messages
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import AWAY, NextHopsInMemory, envelope_for, examination
from tests.contracts.dns_table import DnsTable
from tests.contracts.mail_world import HOSTNAME, MailWorld, mail_world
from tests.contracts.stamps import HEADER, stamped

A = "a@acme.example"
GOOD = stamped()
RECORDS = {f"TXT {place_of_key(GOOD.stamp)}": [f"v=1; k=ed25519; p={base64.b64encode(GOOD.public_key).decode()}"]}
STAMP = GOOD.stamp.to_field().encode() + b"\r\n"
STAMPED_MAIL = HEADER + b"\r\nbody\r\n"
OTHER_MAIL = STAMPED_MAIL.replace(b"Subject: x", b"Subject: y")


class SlowDns(DnsTable):
    """Answers after one and a half seconds."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(RECORDS)
        self.clock = clock

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """The key."""
        self.clock.advance(1.5)
        return await super().txt(name)


class Scanner:
    """Finds everything clean, and remembers how long it might take."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def examine(
        self, spool: Spool, ignored: object, known: object, demand: object, seconds: float, wishes: object
    ) -> Examination:
        self.seconds.append(seconds)
        return examination()


class Everybody:
    """Every recipient is known."""

    async def answer(self, *_: object, **__: object) -> reply.Reply:
        return reply.RECIPIENT_OK


class Notes(list[Event]):
    """A trace that is a list."""

    def write(self, *events: Event) -> None:
        self.extend(events)


class IntakeWithStampsTest(TestCase):
    """One world for each test."""

    timeout = 60

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)
        self.hops, self.scanner, self.trace = NextHopsInMemory(), Scanner(), Notes()

    async def send(self, content: bytes, stamps: StampCheck) -> None:
        times = QueueTimes(timedelta(minutes=1), timedelta(days=5))
        keeper = Keeper(self.world.customers.sealed, self.world.threads, reactor, lambda: NOW, times)
        scanner: Any = self.scanner
        conversation = Intake(
            directory=self.world.directory(),
            recipients=Everybody(),
            scanner=scanner,
            chain=Chain([], reactor),
            disposition=Disposition(self.hops, keeper, Cleaner(HOSTNAME, stamps.service, self.world.folder)),
            trace=self.trace,
            has_room=lambda: True,
            now=lambda: NOW,
            hostname=HOSTNAME,
            stamps=stamps,
            scratch=self.world.folder,
        ).conversation()
        assert await conversation.recipient(Recipient(A), ()) == reply.RECIPIENT_OK
        spool = conversation.begin_data()
        assert isinstance(spool, Spool)
        spool.write(content)
        spool.freeze()
        assert (await conversation.message(envelope_for(A), spool)).code == 250

    async def forwards(self, content: bytes, left: bytes, dns: DnsTable) -> None:
        """This is what goes on at once; what is stored is what was received, and whether its stamp is forged."""
        stamps = StampCheck(dns, Clock(), "stamps.service.example", {})
        await self.send(content, stamps)
        assert self.hops.contents[-1].endswith(b"for <a@acme.example>;\r\n\tTue, 24 Nov 2026 09:00:00 +0000\r\n" + left)
        self.hops.answers = {A: AWAY}
        await self.send(content, stamps)
        with self.world.database.read(Reader.OPERATOR) as session:
            [facts] = list_messages(session, tenant_id=None)
        assert (facts.octets, facts.is_stamp_forged) == (len(content), left != content)

    async def test_a_forged_stamp_of_another_service_is_not_forwarded(self) -> None:
        """It stood on another mail; the trace says so, though no agent is on."""
        await self.forwards(STAMP + OTHER_MAIL, OTHER_MAIL, DnsTable(RECORDS))
        [told, _] = [event for event in self.trace if isinstance(event, FieldsTakenAway)]
        assert (told.fields, told.is_stamp_forged) == (("Pratique-Stamp",), True)

    async def test_a_genuine_stamp_is_forwarded(self) -> None:
        """Where it stood."""
        await self.forwards(STAMP + STAMPED_MAIL, STAMP + STAMPED_MAIL, DnsTable(RECORDS))

    async def test_a_stamp_whose_key_is_not_to_be_had_is_forwarded(self) -> None:
        """It counts for nothing."""
        await self.forwards(STAMP + OTHER_MAIL, STAMP + OTHER_MAIL, DnsTable({}))

    async def test_the_time_for_its_key_is_taken_from_the_engines(self) -> None:
        """So that the sender has its answer in time; mail without a stamp waits for nothing."""
        clock = Clock()
        stamps = StampCheck(SlowDns(clock), clock, "stamps.service.example", {})
        await self.send(STAMP + STAMPED_MAIL, stamps)
        await self.send(STAMPED_MAIL, stamps)
        assert self.scanner.seconds == [ENGINE_SECONDS - 1.5, ENGINE_SECONDS]
