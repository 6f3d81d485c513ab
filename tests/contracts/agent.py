"""The agents' contract: what every agent must do, and the events that agents are shown in tests.

A test class inherits `AgentContract` beside Twisted's `TestCase` and gives `make_agent`. Each event goes through the
chain, as it does in the program.
"""

import re
from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor

from mx.agents.chain import Chain, Hearing
from mx.agents.contract import (
    Agent,
    AgentEvent,
    Connected,
    Customer,
    Decided,
    Delivered,
    Greeted,
    HeadersSeen,
    Hook,
    MailBegun,
    MessageOpened,
    RecipientNamed,
    Role,
)
from mx.artifact import Artifact
from mx.decision import Deliver
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.examination import Examination
from mx.finding import Finding
from mx.outcome import Accepted
from mx.spool import Spool
from mx.verdict import Verdict, VerdictKind
from tenants.policies.policy import Policy
from tests.contracts.customer_world import NOW
from tests.contracts.engine import artifact

CLIENT = Client("203.0.113.9", 40000, "mail.supplier.example", True, None)
AUTHOR = ReversePath("author@supplier.example")
PERSON = Recipient("b@acme.example")
CONTENT = b"Subject: Invoice\r\nFrom: author@supplier.example\r\n\r\nGood morning.\r\n"


def customer_of(policy: Policy | None = None, tenant_id: int = 1) -> Customer:
    """A tenant's domain."""
    return Customer(tenant_id, "acme", "acme.example", policy or Policy(), "en")


def events_for(
    customer: Customer | None = None,
    client: Client = CLIENT,
    reverse_path: ReversePath = AUTHOR,
    recipient: Recipient = PERSON,
    content: bytes = CONTENT,
    artifacts: Sequence[Artifact] = (),
    findings: Sequence[Finding] = (),
) -> dict[Hook, AgentEvent]:
    """One message's events, in order."""
    who = customer or customer_of()
    envelope = Envelope("t" * 22, client, reverse_path, (recipient,), False, False, NOW)
    header = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    spool = Spool()
    spool.write(content)
    spool.freeze()
    verdict = Verdict(VerdictKind(findings[0].severity.value) if findings else VerdictKind.CLEAN, tuple(findings))
    shown = tuple(artifacts) or (artifact(content, 0, None, "message"),)
    examination = Examination(verdict, shown, b"{}", "<1@supplier.example>", "Invoice", (), 0.01)
    events: tuple[AgentEvent, ...] = (
        Connected(who, client),
        Greeted(who, client),
        MailBegun(who, client, reverse_path),
        RecipientNamed(who, client, reverse_path, recipient, ()),
        HeadersSeen(who, envelope, (recipient,), header, len(content)),
        MessageOpened(who, envelope, (recipient,), header, spool, examination),
        Decided(who, envelope, header, spool, examination, ((recipient, Deliver()),), b"Received: x\r\n"),
        Delivered(who, envelope, examination, (Accepted(recipient, "250 Ok"),), is_release=False),
    )
    return dict(zip(Hook, events, strict=True))


async def heard(agent: Agent, *events: AgentEvent) -> Hearing:
    """What the agent says of these events, in one transaction."""
    chain = Chain([agent], reactor)
    hearing = Hearing(chain.order_of([agent.about.name]) or {})
    for event in events:
        await chain.ask(hearing, event)
    return hearing


ODD = (
    {"client": Client("2001:db8::1", 1, "", False, None), "reverse_path": ReversePath("")},
    {"client": Client("203.0.113.9", 1, "x" * 500, True, "TLSv1.3"), "reverse_path": ReversePath('@@"a b"@[::1]')},
    {"recipient": Recipient("postmaster")},
    {"recipient": Recipient("用户@例子.example"), "reverse_path": ReversePath("δοκιμή@παράδειγμα.example")},
    {"content": b"\r\n\r\n"},
    {"content": b"X:" + b" y" * 30000 + b"\r\n\r\n"},
    {"content": bytes(range(256)) * 8},
)


class AgentContract:
    """What every agent must do. `make_agent` gives one that is ready for use."""

    def make_agent(self) -> Agent:
        raise AssertionError("a test class says how its agent is made")

    async def test_it_says_who_it_is_and_has_a_hook(self) -> None:
        """Name and deadline are such that a policy can name it and a message can wait for it."""
        agent = self.make_agent()
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,60}", agent.about.name)
        assert 0 < agent.about.deadline_seconds <= 20
        assert any(hasattr(agent, hook.method) for hook in Hook)
        unknown = {name for name in dir(agent) if name.startswith("on_")} - {hook.method for hook in Hook}
        assert not unknown, "a method that nobody calls"

    async def test_it_answers_every_event_of_a_plain_message(self) -> None:
        """Within its deadline, with answers that the event allows."""
        await self._answers(**{})

    async def test_it_answers_every_event_of_odd_messages(self) -> None:
        """No address, name or content that a client can send makes an agent fail."""
        for odd in ODD:
            await self._answers(**odd)

    async def _answers(self, **odd: Any) -> None:
        agent = self.make_agent()
        if agent.about.role is Role.OBSERVER:
            for hook, event in events_for(**odd).items():
                if hasattr(agent, hook.method):
                    await getattr(agent, hook.method)(event)
            return
        hearing = await heard(agent, *events_for(**odd).values())
        assert not [note for note in hearing.notes if note.fact.name == "failed"], hearing.notes
