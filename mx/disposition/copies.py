"""What disposition works on: one examined message, and its copies, one for each recipient, each with its decision.

Comes from the intake. A message from which parts were taken out is an `ExaminedMessage` of its own, with the octets
that are left; `strip.py` makes it.
"""

from dataclasses import dataclass, replace

from mx.artifact import Content
from mx.decision import Decision
from mx.dsn_request import Notify, NotifyRequest
from mx.envelope import Envelope, Recipient
from mx.examination import Examination
from mx.spool import Spool
from tenants.directory import Standing
from tenants.trace.messages import MessageFacts


@dataclass(frozen=True, slots=True)
class ExaminedMessage:
    """One message after rows 1 to 8 of `docs/flow.md`."""

    envelope: Envelope
    spool: Spool
    """As received: what is stored."""
    content: Content
    """As forwarded: without arriving headers that falsely claim to be ours."""
    headers_on_top: bytes
    examination: Examination
    is_stamp_forged: bool = False
    """The arriving stamp of another service does not verify, and is not in `content`."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One recipient's copy."""

    recipient: Recipient
    standing: Standing
    decision: Decision
    headers_on_top: bytes = b""
    """Whole header lines of this copy's own, above all others."""
    from_agents: bytes = b""
    """Those of the agents of its policy, below them."""


def on_top_of(message: ExaminedMessage, copy: Copy) -> bytes:
    """Everything that goes above the content of this copy."""
    return copy.headers_on_top + copy.from_agents + message.headers_on_top


def facts_of(message: ExaminedMessage, tenant_id: int) -> MessageFacts:
    """What the books keep of this message."""
    envelope, examination = message.envelope, message.examination
    return MessageFacts(
        transaction=envelope.transaction,
        tenant_id=tenant_id,
        received_at=envelope.received_at,
        client_address=envelope.client.address,
        reverse_path=envelope.reverse_path.address,
        recipients=tuple(recipient.address for recipient in envelope.recipients),
        message_id=examination.message_id,
        subject=examination.subject,
        octets=message.spool.octets,
        is_eight_bit=envelope.is_eight_bit,
        is_smtputf8=envelope.is_smtputf8,
        verdict=examination.verdict.kind.value,
        requires_tls=envelope.requires_tls,
        dsn=envelope.dsn.words,
        recipients_dsn=tuple(
            (recipient.address.lower(), recipient.dsn.words) for recipient in envelope.recipients if recipient.dsn.words
        ),
        is_stamp_forged=message.is_stamp_forged,
    )


def with_all_told(message: ExaminedMessage) -> ExaminedMessage:
    """The message as it is kept where the sender hears in the session that no copy is taken.

    His server reports that to him. When a copy is released later, neither we nor the next hop tell him anything else.
    """
    recipients = tuple(
        replace(each, dsn=NotifyRequest((Notify.NEVER,), each.dsn.original_recipient))
        for each in message.envelope.recipients
    )
    return replace(message, envelope=replace(message.envelope, recipients=recipients))
