"""The 45 s that a sender waits: how they are split, and that the queue finishes what they cut off."""

from datetime import timedelta
from typing import Any, cast

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.chain import Chain
from mx.delivery.contract import Unreachable
from mx.delivery.notices.own_hops import OwnHops
from mx.delivery.queue import Offering, QueueWork
from mx.disposition.carry_out import Disposition
from mx.disposition.cleaning import Cleaner
from mx.disposition.forward import FORWARD_SECONDS
from mx.disposition.keep import KEEP_SECONDS, Keeper, QueueTimes
from mx.envelope import Recipient
from mx.intake import Intake
from mx.scan import ENGINE_SECONDS
from mx.spool import Spool
from tenants.queue.book import DeliveryState
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import MESSAGE, NextHopsInMemory, envelope_for
from tests.contracts.mail_world import HOSTNAME, Everybody, mail_world, scanner_of
from tests.contracts.stamps import no_keys

A = "anna@acme.example"
SLOW = Unreachable("no answer in time", may_have_been_taken=True)


class TimeSplit(TestCase):
    """One world and one cell."""

    timeout = 60

    def test_the_shares_are_those_of_the_contract(self) -> None:
        """Engines, next hop, storing; together what a sender waits at most."""
        assert (ENGINE_SECONDS, FORWARD_SECONDS, KEEP_SECONDS) == (20.0, 20.0, 5.0)

    async def test_the_queue_finishes_what_the_time_cut_off(self) -> None:
        """The next hop gave no answer within its share: stored, answered 250, and delivered later, octet by octet."""
        world, slow, later = mail_world(self), NextHopsInMemory({A: SLOW}), NextHopsInMemory()
        times = QueueTimes(timedelta(0), timedelta(days=5))
        keeper = Keeper(world.customers.sealed, world.threads, reactor, lambda: NOW, times)
        conversation = Intake(
            directory=world.directory(),
            recipients=Everybody(),
            scanner=scanner_of(self),
            chain=Chain([], reactor),
            disposition=Disposition(slow, keeper, Cleaner(HOSTNAME, HOSTNAME, world.folder)),
            trace=cast(Any, type("Silent", (), {"write": lambda *_: None})()),
            has_room=lambda: True,
            now=lambda: NOW,
            hostname=HOSTNAME,
            stamps=no_keys(),
            scratch=world.folder,
        ).conversation()
        await conversation.recipient(Recipient(A), ())
        spool = conversation.begin_data()
        assert isinstance(spool, Spool)
        spool.write(MESSAGE)
        spool.freeze()
        assert (await conversation.message(envelope_for(A), spool)).code == 250
        assert slow.seconds == [FORWARD_SECONDS]
        offering = Offering(
            directory=world.directory(),
            forwarding=later,
            sealed=world.customers.sealed,
            threads=world.threads,
            reactor=reactor,
            now=lambda: NOW,
            next_attempt_at=lambda now, attempts, expires_at: None,
            own=OwnHops((), later, later, world.directory()),
            rest_until=lambda now, failures: now,
            hostname=HOSTNAME,
            service=HOSTNAME,
            scratch=world.folder,
        )
        for piece in await QueueWork(offering, "one").lease(20):
            await piece
        assert later.contents == slow.contents and later.contents[0].endswith(MESSAGE)
        assert [each.state for each in world.deliveries()] == [DeliveryState.DELIVERED]
