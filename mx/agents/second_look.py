"""A second look: agents that look at contents, asked about a message outside its session.

Comes in: what is left of a message that was cleaned, a held message that is to leave, or a file (`pratique scan`); and
its examination. Goes out: the examination with what these agents found.

Agents say by `About.looks_again` that their findings are about the content alone. Whatever else they answer here has
no meaning: there is nobody left to refuse, and no header to add. What other agents found while the sender was there
cannot be found again, and counts on (`with_findings_of_then`). A held message that leaves is signed anew
(`signed_at_release`).

Failure: an agent that fails and would put the message off counts as an engine without an answer: the message stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mx.agents.chain import Chain, Hearing
from mx.agents.contract import Customer, Decided, Hook, MessageOpened
from mx.artifact import Content
from mx.decision import Deliver
from mx.envelope import Envelope, Recipient
from mx.examination import Examination
from mx.finding import EngineFailed, Finding
from mx.own_headers import header_octets_of
from mx.verdict import amend

LOOK_SECONDS = 1.0
"""At a message that was cleaned, while its sender waits."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What is looked at, and for whom."""

    customer: Customer
    ignored: frozenset[str]
    """Names of findings that do not count for its tenant."""
    recipients: tuple[Recipient, ...]
    envelope: Envelope
    content: Content


async def signed_at_release(
    chain: Chain, looked: SecondLook, examination: Examination, headers_on_top: bytes, seconds: float
) -> bytes:
    """Header fields of today's for a held message that leaves, from agents that say so (`About.signs_release`)."""
    order = chain.order_at_release(looked.customer.policy)
    if not order:
        return b""
    header, decisions = header_octets_of(looked.content), tuple((each, Deliver()) for each in looked.recipients)
    event = Decided(looked.customer, looked.envelope, header, looked.content, examination, decisions, headers_on_top)
    hearing = Hearing(order)
    await chain.ask(hearing, event, seconds)
    return hearing.headers_on_top


async def look_again(chain: Chain, looked: SecondLook, examination: Examination, seconds: float) -> Examination:
    """The examination with the findings of these agents, for at most so many seconds."""
    order = chain.order_again(looked.customer.policy)
    if Hook.MESSAGE not in order:
        return examination
    header, content = header_octets_of(looked.content), looked.content
    event = MessageOpened(looked.customer, looked.envelope, looked.recipients, header, content, examination)
    hearing = Hearing(order)
    await chain.ask(hearing, event, seconds)
    verdict = amend(examination.verdict, hearing.findings, looked.ignored)
    if hearing.refusal is not None:
        failed = EngineFailed(hearing.refusal.agent, hearing.refusal.reply.text)
        verdict = replace(verdict, unanswered=(*verdict.unanswered, failed))
    return replace(examination, verdict=verdict)


def with_findings_of_then(chain: Chain, examination: Examination, then: Iterable[Finding]) -> Examination:
    """Today's examination of a held message, and what agents found then that cannot be found again."""
    kept = [finding for finding in then if chain.says_once(finding.engine)]
    return replace(examination, verdict=amend(examination.verdict, kept)) if kept else examination
