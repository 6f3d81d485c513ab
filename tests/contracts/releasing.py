"""A world in which held messages are released: for the tests of releases."""

from datetime import timedelta
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.chain import Chain
from mx.disposition.keep import QueueTimes
from mx.resume import Releaser
from tenants.policies.book import change_tenant_policy
from tenants.quarantine.book import FindingNote, HeldMessage, HeldState, hold
from tenants.release import request_release
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, later
from tests.contracts.disposing import MESSAGE, NextHopsInMemory
from tests.contracts.mail_world import HOSTNAME, MailWorld, mail_world, scanner_of

A = "a@acme.example"


class Releasing(TestCase):
    """Holds and releases messages; one world and one cell for each test."""

    timeout = 60

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)
        self.hops = NextHopsInMemory()
        self.agents: list[Any] = []
        self.clock = later(hours=1)

    def ask(self, *recipients: str, content: bytes = MESSAGE, override: tuple[str, ...] = ()) -> int:
        """Hold a message, and ask for its release."""
        customers_world = self.world.customers
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            body = customers_world.blob(session, None, content)
            number = hold(session, customers_world.new_held(session, recipients=recipients, body=body), NOW)
            request_release(session, number, tenant_id=None, who="rita", override=override, now=NOW)
        return number

    def releaser(self, *engines: Any, scanner: Any = None) -> Releaser:
        return Releaser(
            directory=self.world.directory(),
            scanner=scanner or scanner_of(self, *engines),
            chain=Chain(self.agents, reactor),
            forwarding=self.hops,
            sealed=self.world.customers.sealed,
            threads=self.world.threads,
            reactor=reactor,
            now=lambda: self.clock,
            hostname=HOSTNAME,
            service=HOSTNAME,
            scratch=self.world.folder,
            owner="one",
            times=QueueTimes(timedelta(minutes=1), timedelta(days=5)),
        )

    async def release(self, *engines: Any, scanner: Any = None) -> HeldMessage:
        """Carry out what was asked for, and show what became of it."""
        for piece in await self.releaser(*engines, scanner=scanner).lease(10):
            await piece
        (message,) = self.world.held(*HeldState)
        return message

    async def assert_still_held(self, *engines: Any, saying: str, scanner: Any = None) -> None:
        """Nothing has left, and the portal says why."""
        message = await self.release(*engines, scanner=scanner)
        assert message.state is HeldState.HELD
        assert saying in message.last_result
        assert self.hops.taken == []

    def hold_with(self, *findings: FindingNote, agent_headers: dict[str, bytes] | None = None, **entries: str) -> None:
        """Held because an engine gave no answer, beside what agents found then; for a policy with these entries."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            change_tenant_policy(session, tenant_id=self.world.customers.acme.id, entries=entries, now=NOW)
            new = self.world.customers.new_held(
                session,
                recipients=(A,),
                body=self.world.customers.blob(session, None, MESSAGE),
                reason="engine-unavailable",
                findings=findings,
                rescan_at=NOW,
                agent_headers=agent_headers or {},
            )
            hold(session, new, NOW)
