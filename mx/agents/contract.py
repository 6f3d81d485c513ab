"""What every agent is, what it is told, and what it may answer.

An agent is a plain object with an `about` and any of these methods, each `async`, each given one frozen event:

| method | event | when it is asked |
|---|---|---|
| `on_connect` | `Connected` | for the first recipient of a transaction |
| `on_helo` | `Greeted` | behind it |
| `on_mail` | `MailBegun` | behind it |
| `on_recipient` | `RecipientNamed` | for every recipient |
| `on_headers` | `HeadersSeen` | at the end of data, before anything is opened |
| `on_message` | `MessageOpened` | anatomy and engines have answered |
| `on_decided` | `Decided` | it is decided what becomes of each copy, and nothing is carried out yet |
| `on_delivered` | `Delivered` | it has been carried out; also for a release from quarantine |

Which agents are on is a matter of the recipient's policy, so the first three are asked when a recipient has named it:
every event knows its tenant and policy (RFC 5321 section 3.3 lets a server refuse at RCPT what it could refuse before).
Recipients of one transaction whose policies differ are asked for separately.

A *decider* is asked: it answers within its deadline, and the mail waits. An *observer* is told: its answer is not
looked at, and nothing waits for it. At `on_delivered` everybody is told.

Failure: an agent that raises, is late, or answers what its event does not allow has failed, and its own
`About.on_failure` says what that means: go on without it, or 451. An answer is taken whole or not at all. No failure
loses a message, and none takes a finding away.
Limits: in our own process a deadline holds for agents that wait, and only ours run there. Those of other packages run
in processes of their own (`outside/`), where one that computes without end costs its own answer.

Every agent's test class inherits `tests/contracts/agent.py`; `skeleton.py` is the one to copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol

from mx.artifact import Content
from mx.decision import Decision
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.examination import Examination
from mx.finding import Finding
from mx.outcome import Outcome
from mx.reply import Reply
from tenants.policies.policy import Policy


class Role(StrEnum):
    """Whether the mail waits for an agent."""

    OBSERVER = "observer"
    DECIDER = "decider"


class OnFailure(StrEnum):
    """What the failure of a decider means for the message."""

    GO_ON = "go on"
    DEFER = "451"


class Right(StrEnum):
    """What an agent may see and do beyond the envelope, what was found, and findings and facts of its own."""

    READ_HEADER = "read header"
    READ_BODY = "read body"
    ADD_HEADERS = "add headers"
    REFUSE = "refuse"
    VOUCH = "vouch"


ALL_RIGHTS = frozenset(Right)


@dataclass(frozen=True, slots=True)
class About:
    """What an agent says of itself, once."""

    name: str
    """A short static word, as in a policy's `agents`: lower case, digits and hyphens."""
    role: Role = Role.DECIDER
    deadline_seconds: float = 5.0
    """For one event."""
    on_failure: OnFailure = OnFailure.DEFER
    judges_sender: bool = False
    """What it says is an opinion about who sends: it is not asked once another agent has vouched for the sender."""
    looks_again: bool = False
    """Its findings at `on_message` are about the content alone: it is asked again, for nothing but findings, about what
    is left of a message that was cleaned, about a held message before it leaves, and by `pratique scan`."""
    signs_release: bool = False
    """Its header fields at `on_decided` are about the content and its examination alone: it is asked again, for nothing
    but them, about a held message that leaves."""
    rights: frozenset[Right] = ALL_RIGHTS
    """What it needs, for `pratique agents` to show. An answer beyond them is none, and an agent in a process of its own
    is not sent what it may not read."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Whose mail it is, as far as an agent needs to know."""

    tenant_id: int
    tenant_name: str
    domain: str
    """The first recipient's, in lower case; empty for the operator's own mailboxes."""
    policy: Policy
    language: str
    """What people of this tenant read."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A client has connected."""

    customer: Customer
    client: Client


@dataclass(frozen=True, slots=True)
class Greeted:
    """The client has said who it is: `client.helo`."""

    customer: Customer
    client: Client


@dataclass(frozen=True, slots=True)
class MailBegun:
    """A transaction has begun."""

    customer: Customer
    client: Client
    reverse_path: ReversePath


@dataclass(frozen=True, slots=True)
class RecipientNamed:
    """A recipient whose domain takes mail."""

    customer: Customer
    client: Client
    reverse_path: ReversePath
    recipient: Recipient
    accepted: tuple[Recipient, ...]
    """Those that the transaction has so far."""


@dataclass(frozen=True, slots=True)
class HeadersSeen:
    """The content is here, unexamined."""

    customer: Customer
    envelope: Envelope
    recipients: tuple[Recipient, ...]
    """Those of the envelope's recipients whom this customer's policy is for."""
    header: bytes
    """The header section as received, without the empty line."""
    octets: int
    """Of the whole message."""


@dataclass(frozen=True, slots=True)
class MessageOpened:
    """The message has been examined; findings that an agent adds still count for the verdict."""

    customer: Customer
    envelope: Envelope
    recipients: tuple[Recipient, ...]
    header: bytes
    content: Content
    """As received. Readable until the reply to the sender: what an observer wants of it, it reads before it waits."""
    examination: Examination
    """Of anatomy and engines. Artifacts are for looking at: their contents may be closed already."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of each copy is known; header lines may still be added."""

    customer: Customer
    envelope: Envelope
    header: bytes
    content: Content
    examination: Examination
    """The agents' findings included."""
    decisions: tuple[tuple[Recipient, Decision], ...]
    headers_on_top: bytes
    """What will stand above the content, so far."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of each copy. Nothing can be changed any more."""

    customer: Customer
    envelope: Envelope
    examination: Examination
    outcomes: tuple[Outcome, ...]
    is_release: bool
    """The copies come from the quarantine."""


AgentEvent = Connected | Greeted | MailBegun | RecipientNamed | HeadersSeen | MessageOpened | Decided | Delivered


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing to say."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse this recipient, or the message for this customer's recipients.

    The reply is one of `mx/reply.py`, or made by `reply.by_agent`. Nothing of what is refused is kept.
    Allowed up to `on_message`.
    """

    reply: Reply


@dataclass(frozen=True, slots=True)
class Fact:
    """Something learned, for the trace: a static word, and a short text."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Observe:
    """Findings, which count for the verdict; and facts, which the trace keeps.

    Findings are in the agent's own name. Before `on_message` they are about artifact 0, the message itself; behind it,
    at `on_decided`, only facts are allowed.
    """

    findings: tuple[Finding, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class AddHeaders:
    """Whole header fields to put on top of what is forwarded, the first one uppermost, each without its last CRLF.

    Printable ASCII and tabs, folded by CRLF and a blank, no line over 998 octets (RFC 5322 section 2.1.1). A field that
    says who wrote to whom, or how the content is to be read (From, Subject, Content-Type, ...), is not allowed: the
    message that is delivered must read as the one that was examined. An agent behind another puts its lines above.
    Allowed up to `on_decided`.
    """

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vouch:
    """The sender is one whom these recipients want to hear from.

    Findings of severity spam and phishing do not count, and agents that judge senders are not asked any more. No other
    finding is touched: what is infected or prohibited stays that. Allowed up to `on_message`.
    """


@dataclass(frozen=True, slots=True)
class Spare:
    """Artifacts with these digests were examined elsewhere, by a service that is trusted here, at that time.

    An engine outside the cells whose signatures are older need not be shown them, nor what lies in them; where all
    recipients' agents say so. Allowed at `on_headers`, and only to agents that the chain was told of at start.
    """

    digests: frozenset[str]
    """SHA-256, in hexadecimal."""
    examined_at: datetime


Answer = Go | Refuse | Observe | AddHeaders | Vouch | Spare
Answers = Answer | Sequence[Answer]
"""What a decider gives: one answer, or several, of which one may be a refusal."""


class Agent(Protocol):
    """One transport agent; the methods it has, from the table above, say which events it is given.

    Calls may overlap. What an agent remembers between events is its own; nothing is passed from agent to agent.
    """

    @property
    def about(self) -> About: ...


class Hook(Enum):
    """The events in their order: the method's name, and the kind of event."""

    CONNECT = ("on_connect", Connected)
    HELO = ("on_helo", Greeted)
    MAIL = ("on_mail", MailBegun)
    RECIPIENT = ("on_recipient", RecipientNamed)
    HEADERS = ("on_headers", HeadersSeen)
    MESSAGE = ("on_message", MessageOpened)
    DECIDED = ("on_decided", Decided)
    DELIVERED = ("on_delivered", Delivered)

    def __init__(self, method: str, event: type[AgentEvent]) -> None:
        self.method = method
        self.event = event


HOOK_OF = {hook.event: hook for hook in Hook}
