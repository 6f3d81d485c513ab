"""Mail for the operator's own mailboxes, where PRATIQUE_POSTMASTER says that somebody reads it."""

from datetime import timedelta

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.chain import Chain
from mx.disposition.carry_out import Disposition
from mx.disposition.cleaning import Cleaner
from mx.disposition.keep import Keeper, QueueTimes
from mx.envelope import Recipient
from mx.intake import Intake
from mx.spool import Spool
from tenants.directory import Directory
from tenants.encryption.keys import add_missing_keys
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import MESSAGE, NextHopsInMemory, envelope_for
from tests.contracts.mail_world import HOSTNAME, Everybody, mail_world, scanner_of
from tests.contracts.stamps import no_keys


class Silent:
    """A trace that nobody reads."""

    def write(self, *_: object) -> None:
        pass


class OperatorsMail(TestCase):
    """One world and one cell."""

    timeout = 60

    async def test_it_goes_where_the_operator_reads_it(self) -> None:
        """Stored before the 250, and sent on a way of its own at once; what that refuses is held for the operator."""
        world, hops = mail_world(self), NextHopsInMemory()
        with world.database.unit_of_work(Reader.OPERATOR) as session:
            add_missing_keys(session, world.customers.keyring, NOW)
        times = QueueTimes(timedelta(minutes=1), timedelta(days=5))
        keeper = Keeper(world.customers.sealed, world.threads, reactor, lambda: NOW, times)
        own = frozenset({HOSTNAME})
        conversation = Intake(
            directory=Directory(world.threads, lambda: NOW, reactor.seconds, own, "Ops@elsewhere.example"),
            recipients=Everybody(),
            scanner=scanner_of(self),
            chain=Chain([], reactor),
            disposition=Disposition(hops, keeper, Cleaner(HOSTNAME, HOSTNAME, world.folder)),
            trace=Silent(),
            has_room=lambda: True,
            now=lambda: NOW,
            hostname=HOSTNAME,
            stamps=no_keys(),
            scratch=world.folder,
        ).conversation()
        for address in ("postmaster", f"Abuse@{HOSTNAME}"):
            assert await conversation.recipient(Recipient(address), ()) == reply.RECIPIENT_OK
            spool = conversation.begin_data()
            assert isinstance(spool, Spool)
            spool.write(MESSAGE)
            spool.freeze()
            envelope = envelope_for(address, transaction=address[:1] * 22)
            assert (await conversation.message(envelope, spool)).code == 250
        found = [(each.recipient, each.domain, each.notice, each.next_attempt_at) for each in world.deliveries()]
        assert found == [("Ops@elsewhere.example", "elsewhere.example", "postmaster", NOW)] * 2
        assert world.held() == () and hops.offered == []
