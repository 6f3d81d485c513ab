"""The trace's events: one for each thing that happens to a message. Typed, with static names. Pure.

The same event becomes a row of the trace, a line of the log and a count of a metric. Every event names its transaction,
its tenant and its time. Contents, secrets and tokens are never in an event; addresses, Message-ID and subject are.
`book.py` writes and finds them, `writer.py` batches them on their way there.
A *copy* is the message as far as one recipient is concerned.

Its JSON form is in `form.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """The end of data was seen: the message is here, and nothing is promised yet."""

    name: ClassVar[str] = "message-received"
    transaction: str
    tenant_id: int
    at: datetime
    reverse_path: str
    recipients: tuple[str, ...]
    message_id: str
    subject: str
    octets: int
    client_address: str
    helo: str = ""
    tls: str = ""
    """The protocol's version; empty on a plain connection."""
    is_eight_bit: bool = False
    is_smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """Engines and anatomy have answered, or failed to."""

    name: ClassVar[str] = "examined"
    transaction: str
    tenant_id: int
    at: datetime
    verdict: str
    findings: tuple[str, ...] = ()
    ambiguities: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    """Name, version and signatures of each engine that answered."""
    unanswered: tuple[str, ...] = ()
    """Each engine that gave no answer, with the reason."""
    seconds: float = 0.0
    found_by: tuple[str, ...] = ()
    """Each finding as `engine: name`, once."""
    explanations: tuple[str, ...] = ()
    """What each of the ambiguities means, in a sentence for people, in their order."""


@dataclass(frozen=True, slots=True)
class FieldsTakenAway:
    """Header fields that falsely claimed to be ours, or a forged stamp of another service, are not forwarded."""

    name: ClassVar[str] = "fields-taken-away"
    transaction: str
    tenant_id: int
    at: datetime
    fields: tuple[str, ...]
    """Their names, each once."""
    is_stamp_forged: bool = False


@dataclass(frozen=True, slots=True)
class Stepped:
    """One step of the message's way and what it changed: a snapshot, where the policy asks for such, for a while."""

    name: ClassVar[str] = "stepped"
    transaction: str
    tenant_id: int
    at: datetime
    step: str
    """The agent that was asked, or `header`, `examination`, `decision`, `on-top`."""
    hook: str
    """The event at which an agent was asked."""
    seconds: float
    changes: tuple[str, ...]
    """Each begins with `+` (added), `-` (taken away), or `=` (said)."""
    expires_at: datetime
    """When it is forgotten."""


@dataclass(frozen=True, slots=True)
class Observed:
    """An agent learned something, failed, or vouched for the sender."""

    name: ClassVar[str] = "observed"
    transaction: str
    tenant_id: int
    at: datetime
    agent: str
    hook: str
    """The event of the message at which it was asked."""
    fact: str
    value: str


@dataclass(frozen=True, slots=True)
class RefusedByAgent:
    """An agent refused a recipient, or the message for it; nothing of it is kept."""

    name: ClassVar[str] = "refused-by-agent"
    transaction: str
    tenant_id: int
    at: datetime
    agent: str
    hook: str
    reverse_path: str
    recipient: str
    client_address: str
    reply: str


@dataclass(frozen=True, slots=True)
class CopyAccepted:
    """The next hop took the copy, in the session or from the queue."""

    name: ClassVar[str] = "copy-accepted"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    reply: str
    note: str = ""
    """What else there is to say: parts that were taken out, or what a policy that only reports would have done."""


@dataclass(frozen=True, slots=True)
class CopyQueued:
    """The copy is durably in the queue."""

    name: ClassVar[str] = "copy-queued"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    delivery: int
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CopyHeld:
    """The copy is durably in the quarantine; `reply` is what the client was told."""

    name: ClassVar[str] = "copy-held"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    held: int
    reason: str
    reply: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CopyRefused:
    """The copy was refused for good, and nothing of it is kept."""

    name: ClassVar[str] = "copy-refused"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    reason: str
    reply: str


@dataclass(frozen=True, slots=True)
class CopyDiscarded:
    """The copy was thrown away, because the policy says so."""

    name: ClassVar[str] = "copy-discarded"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    reason: str
    findings: tuple[str, ...] = ()
    """What was found in it: all that is left to look into the incident with."""


@dataclass(frozen=True, slots=True)
class CopyDeferred:
    """The client was asked to try again; nothing is kept."""

    name: ClassVar[str] = "copy-deferred"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    reason: str
    reply: str


@dataclass(frozen=True, slots=True)
class DeliveryAttempted:
    """The queue offered the copy to the next hop, which did not take it this time."""

    name: ClassVar[str] = "delivery-attempted"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    delivery: int
    attempt: int
    result: str
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryDropped:
    """A person took the copy out of the queue."""

    name: ClassVar[str] = "delivery-dropped"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    delivery: int
    who: str


@dataclass(frozen=True, slots=True)
class DeliveryHeldBack:
    """A person holds a queued copy back: it is tried when a person says so."""

    name: ClassVar[str] = "delivery-held-back"
    transaction: str
    tenant_id: int
    at: datetime
    recipient: str
    delivery: int
    who: str


@dataclass(frozen=True, slots=True)
class Reported:
    """The sender is told by a DSN, queued as the transaction `notice`, that these copies failed or were relayed."""

    name: ClassVar[str] = "reported"
    transaction: str
    tenant_id: int
    at: datetime
    recipients: tuple[str, ...]
    notice: str
    shown_by: str
    """What shows the sender to be genuine."""
    action: str = "failed"
    """`failed`, or `relayed`: passed on to a server that does not report."""


@dataclass(frozen=True, slots=True)
class NotReported:
    """No DSN is sent about these copies, for this reason."""

    name: ClassVar[str] = "not-reported"
    transaction: str
    tenant_id: int
    at: datetime
    recipients: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """A person asked for a held message's release."""

    name: ClassVar[str] = "release-requested"
    transaction: str
    tenant_id: int
    at: datetime
    held: int
    who: str
    override: tuple[str, ...] = ()
    """Names of the findings in spite of which it is to be released."""


@dataclass(frozen=True, slots=True)
class Released:
    """The next hop took a held copy, or the queue did; `reply` says which."""

    name: ClassVar[str] = "released"
    transaction: str
    tenant_id: int
    at: datetime
    held: int
    recipient: str
    reply: str


@dataclass(frozen=True, slots=True)
class ReleaseFailed:
    """A release came to nothing, and the message is still held."""

    name: ClassVar[str] = "release-failed"
    transaction: str
    tenant_id: int
    at: datetime
    held: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rescanned:
    """What is held because an engine gave no answer was scanned again; what was clean then is released."""

    name: ClassVar[str] = "rescanned"
    transaction: str
    tenant_id: int
    at: datetime
    held: int
    result: str
    again_in_seconds: int = 0
    """When it is scanned next; 0: not by itself."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A person deleted a held message."""

    name: ClassVar[str] = "deleted"
    transaction: str
    tenant_id: int
    at: datetime
    held: int
    who: str


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that a newer release wrote."""

    name: ClassVar[str] = "unknown"
    transaction: str
    tenant_id: int
    at: datetime
    written_name: str


Event = (
    MessageReceived
    | Examined
    | FieldsTakenAway
    | Stepped
    | Observed
    | RefusedByAgent
    | CopyAccepted
    | CopyQueued
    | CopyHeld
    | CopyRefused
    | CopyDiscarded
    | CopyDeferred
    | DeliveryAttempted
    | DeliveryDropped
    | DeliveryHeldBack
    | Reported
    | NotReported
    | ReleaseRequested
    | Released
    | ReleaseFailed
    | Rescanned
    | Deleted
    | UnknownEvent
)
EVENT_KINDS: tuple[type[Event], ...] = Event.__args__
"""Every kind of event; docs/events.md lists them."""


class Trace(Protocol):
    """Where events go: what the intake needs of `TraceWriter`."""

    def write(self, *events: Event) -> None: ...
