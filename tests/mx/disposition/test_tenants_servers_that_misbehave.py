"""What the sender is told, and what is kept, for every way in which a tenant's server can misbehave.

Real parts: the delivery client over loopback sockets, SQLite, a blob folder. Deadlines are short, so that a server
which says nothing costs half a second and not twenty.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx import reply
from mx.decision import Deliver
from mx.delivery.contract import CopyResult, Transfer
from mx.delivery.hops.surroundings import Surroundings
from mx.delivery.next_hop import NextHops
from mx.disposition.carry_out import Disposition
from mx.disposition.cleaning import Cleaner
from mx.disposition.copies import Copy
from mx.disposition.keep import Keeper, QueueTimes
from mx.envelope import Recipient
from mx.outcome import Outcome, Queued, settle
from tenants.domains.routes import Route, parse_route
from tenants.encryption.keys import current_key
from tenants.storage.viewpoint import Reader
from tests.contracts.authority import ServerContext, authority
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import examined, never_examined, standing
from tests.contracts.mail_world import HOSTNAME, mail_world
from tests.servers.ports import free_port
from tests.servers.scripted_smtp import CUT, SILENCE, TLS, ScriptedHop

A = "anna@acme.example"
SECONDS = 0.5


@dataclass(frozen=True)
class Case:
    """One misbehaviour, the code that the sender gets, and whether the copy is then in the queue."""

    what: str
    answers: Mapping[str, str] = field(default_factory=dict)
    code: int = 250
    is_queued: bool = True
    terms: str = ""
    shows: str = ""
    """The certificate that it shows; none: its handshake is cut."""
    is_there: bool = True


REQUIRED = "tls=required"
CASES: Sequence[Case] = (
    Case("nobody listens", is_there=False),
    Case("no way leads there", terms="source=192.0.2.9"),
    Case("a banner that does not come", {"CONNECT": SILENCE}),
    Case("closed at once", {"CONNECT": CUT}),
    Case("421 as banner", {"CONNECT": "421 4.3.2 busy"}),
    Case("554 as banner", {"CONNECT": "554 5.3.2 no mail here"}),
    Case("nonsense as banner", {"CONNECT": "hello"}),
    Case("EHLO and HELO refused", {"EHLO": "550 no", "HELO": "550 no"}),
    Case("421 at MAIL", {"MAIL": "421 4.3.2 busy"}, 451, is_queued=False),
    Case("550 at MAIL", {"MAIL": "550 5.7.1 no"}, 550, is_queued=False),
    Case("450 at RCPT", {"RCPT": "450 4.2.1 later"}, 450, is_queued=False),
    Case("550 at RCPT", {"RCPT": "550 5.1.1 unknown"}, 550, is_queued=False),
    Case("silence at RCPT", {"RCPT": SILENCE}),
    Case("451 at DATA", {"DATA": "451 4.3.0 later"}, 451, is_queued=False),
    Case("closed before DATA is answered", {"DATA": CUT}),
    Case("closed within the message", {"CONTENT": CUT}),
    Case("closed instead of an answer to the dot", {".": CUT}),
    Case("silence at the dot", {".": SILENCE}),
    Case("nonsense at the dot", {".": "ok then"}),
    Case("550 at the dot", {".": "550 5.7.1 spam"}, 550, is_queued=False),
    Case("552 at the dot", {".": "552 5.2.2 full"}, 552, is_queued=False),
    Case("554 at the dot", {".": "554 5.6.0 no"}, 554, is_queued=False),
    Case("452 at the dot", {".": "452 4.2.2 full"}, 452, is_queued=False),
    Case("TLS required, a stranger's certificate", {"EHLO": TLS}, terms=REQUIRED, shows="stranger"),
    Case("TLS required, not offered", terms=REQUIRED),
    Case("TLS required, refused", {"EHLO": TLS, "STARTTLS": "454 4.7.0 no"}, terms=REQUIRED),
    Case("TLS required, its handshake hangs", {"EHLO": TLS, "TLS": SILENCE}, terms=REQUIRED),
    Case("TLS required, its handshake is cut", {"EHLO": TLS}, terms=REQUIRED),
    Case("TLS required, 1.0 offered", {"EHLO": TLS}, terms=REQUIRED, shows="old"),
    Case("TLS pinned, another key", {"EHLO": TLS}, terms=f"tls=pinned&pin=spki:{'0' * 64}", shows="stranger"),
    Case("TLS by DANE, no resolver", {"EHLO": TLS}, terms="tls=dane", shows="stranger"),
    Case("TLS opportunistic, 1.0 offered", {"EHLO": TLS}, shows="old", is_queued=False),
    Case("TLS opportunistic, a stranger's certificate", {"EHLO": TLS}, shows="stranger", is_queued=False),
)


class InShort:
    """Delivers with little patience."""

    def __init__(self, hops: NextHops) -> None:
        self._hops = hops

    async def deliver(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
        """See `mx.delivery.contract.Forwarding`."""
        return await self._hops.deliver(routes, transfer, min(seconds, SECONDS))


class MisbehaviourTest(TestCase):
    """A world, and a new server and a new deliverer for each case."""

    timeout = 120

    def setUp(self) -> None:
        self.world = mail_world(self)
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.stranger = authority("a stranger").sign("localhost", "127.0.0.1")
        with self.world.database.read(Reader.OPERATOR) as session:
            self.key = current_key(session, self.world.customers.acme.id)

    async def answer(self, number: int, case: Case) -> tuple[int, Outcome, ScriptedHop]:
        """The code that the sender gets, what became of the copy, and the server as it was left."""
        hop = ScriptedHop(dict(case.answers))
        if case.shows:
            context = ServerContext(self.stranger, self.folder / "server.pem", is_old=case.shows == "old")
            hop.tls = context  # type: ignore[assignment]
        port = hop.listen(reactor) if case.is_there else free_port()
        hops = NextHops(reactor, "mx.example", Surroundings(allow_private=True))
        hops.startService()
        host = "localhost" if "dane" in case.terms else "127.0.0.1"
        route = parse_route(f"smtp://{host}:{port}?{case.terms}")
        copy = Copy(
            Recipient(A), standing(tenant_id=self.world.customers.acme.id, key=self.key, routes=(route,)), Deliver()
        )
        message = examined(A)
        message = replace(message, envelope=replace(message.envelope, transaction=f"{number:022d}"))
        times = QueueTimes(timedelta(minutes=1), timedelta(days=5))
        keeper = Keeper(self.world.customers.sealed, self.world.threads, reactor, lambda: NOW, times)
        disposition = Disposition(InShort(hops), keeper, Cleaner(HOSTNAME, HOSTNAME, self.folder))
        outcomes = await disposition.carry_out(message, [copy], never_examined)
        closing = hops.stopService()
        await hop.stop()
        await closing
        return settle(outcomes, reply.OK).code, outcomes[0], hop

    async def test_refusals_are_passed_on_and_everything_else_is_stored_before_it_is_answered_250(self) -> None:
        """And where TLS is required, not one octet of the message goes without."""
        for number, case in enumerate(CASES):
            before = len(self.world.deliveries())
            code, outcome, hop = await self.answer(number, case)
            assert code == case.code, (case.what, code)
            assert len(self.world.deliveries()) - before == case.is_queued, case.what
            if case.terms.startswith("tls="):
                assert "MAIL" not in hop.commands, case.what
                assert isinstance(outcome, Queued), case.what
                assert any(word in outcome.reason for word in ("TLS", "DANE", "cut", "in time")), (case.what, outcome)

    async def test_what_cannot_be_stored_is_not_answered_250(self) -> None:
        """The sender tries again; a refusal of the tenant's server needs no storage."""
        self.world.take_database_away()
        for number, case in enumerate(CASES):
            code, _, _ = await self.answer(number, case)
            assert code == (451 if case.is_queued else case.code), (case.what, code)
