"""The ARC agent: it passes the contract; its seal holds, says what was found out, and is left out where it is wrong."""

import time

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.arc_sealing import ArcSealing
from mx.agents.chain import Chain, Hearing
from mx.agents.contract import About, AddHeaders, Agent, Answers, Decided, Hook, MessageOpened
from mx.authentication.arc import ChainState
from mx.decision import Strip
from tests.contracts.agent import CONTENT, PERSON, AgentContract, events_for, heard
from tests.contracts.dns_table import DnsTable
from tests.mx.authentication.test_arc import RECORDS, chain_of, sealer, their_state

SERVICE = "mx.s.example"
HEADER, _, BODY = CONTENT.partition(b"\r\n\r\n")
HEADER += b"\r\n"


class Results:
    """Says what an authentication agent would."""

    about = About("authentication")

    async def on_message(self, event: MessageOpened) -> Answers:
        """One field."""
        return AddHeaders((f"Authentication-Results: {SERVICE};\r\n\tspf=pass smtp.mailfrom=a@b.example",))


class ArcSealingTest(AgentContract, TestCase):
    """The contract, and what the next server makes of it."""

    timeout = 30

    def make_agent(self) -> Agent:
        return ArcSealing(DnsTable(RECORDS), reactor, sealer(), SERVICE, time.time)

    async def test_its_seal_holds_for_others(self) -> None:
        """Set upon set; without the authentication agent it says how the chain stood."""
        header = HEADER
        for number, state in enumerate((b"none", b"pass", b"pass"), 1):
            hearing = await heard(self.make_agent(), events_for(content=header + b"\r\n" + BODY)[Hook.DECIDED])
            assert f"i={number}; {SERVICE}; arc={state.decode()}".encode() in hearing.headers_on_top
            header = hearing.headers_on_top + header
            assert their_state(header, BODY) == b"pass"
            assert chain_of(header, BODY).state is ChainState.PASS

    async def test_what_was_found_out_is_sealed(self) -> None:
        """The field of the authentication agent, whole."""
        chain, events = Chain([Results(), self.make_agent()], reactor), events_for()
        hearing = Hearing(chain.order_of(["authentication", "arc-sealing"]) or {})
        await chain.ask(hearing, events[Hook.MESSAGE])
        decided = events[Hook.DECIDED]
        assert isinstance(decided, Decided)
        shown = Decided(
            decided.customer, decided.envelope, decided.header, decided.content, decided.examination,
            decided.decisions, hearing.headers_on_top + decided.headers_on_top,
        )  # fmt: skip
        await chain.ask(hearing, shown)
        sealed = hearing.headers_on_top
        assert b"spf=pass smtp.mailfrom=a@b.example;\r\n\tarc=none" in sealed.partition(b"Authentication-Results")[2]
        assert their_state(sealed + HEADER, BODY) == b"pass"

    async def test_a_copy_that_is_cleaned_gets_none(self) -> None:
        """Nor one whose chain cannot be checked: it would be wrong for good."""
        decided = events_for()[Hook.DECIDED]
        assert isinstance(decided, Decided)
        cleaned = Decided(
            decided.customer, decided.envelope, decided.header, decided.content, decided.examination,
            ((PERSON, Strip("prohibited", (1,))),), b"",
        )  # fmt: skip
        hearing = await heard(self.make_agent(), cleaned)
        assert not hearing.added and hearing.notes[0].fact.value == "a part was taken out"
        sealed = (await heard(self.make_agent(), events_for()[Hook.DECIDED])).headers_on_top
        deaf = ArcSealing(DnsTable({}, frozenset({"sel._domainkey.s.example"})), reactor, sealer(), SERVICE, time.time)
        hearing = await heard(deaf, events_for(content=sealed + CONTENT)[Hook.DECIDED])
        assert not hearing.added and hearing.notes[0].fact.name == "not-sealed"
