"""A tenant's policy: what becomes of a message for each verdict. Pure values, their validation, their JSON form.

Comes from the `policies` table as JSON (only what differs from the default is stored), goes to `mx/decision.py`.
The defaults are the product's promise to a new tenant; each of them stands once, here.

Failure: a policy that does not parse raises `PolicyError` with one plain sentence; nothing is stored or applied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from tenants.policies.dns_blocklist import DnsBlocklist
from tenants.policies.entries import (
    Action as Action,
)
from tenants.policies.entries import (
    AttachmentRule,
    BareLineEnds,
    Bias,
    FindingRule,
    number_between,
    one_of,
    read_attachment_rules,
    read_dns_blocklists,
    read_finding_rules,
    read_switch,
    read_texts,
    read_words,
    written,
)
from tenants.policies.entries import (
    EngineFailure as EngineFailure,
)
from tenants.policies.reject_texts import RejectText, read_reject_texts


class PolicyError(ValueError):
    """The policy given cannot be used; the text says which entry, and what would do."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy, complete: every verdict has its action."""

    clean: Action = Action.DELIVER
    infected: Action = Action.REJECT_AND_KEEP
    prohibited: Action = Action.REJECT_AND_KEEP
    unscannable: Action = Action.REJECT_AND_KEEP
    encrypted: Action = Action.REJECT_AND_KEEP
    """An archive or a document that could not be opened."""
    phishing: Action = Action.MARK
    spam: Action = Action.MARK
    suspicious: Action = Action.MARK
    encrypted_message: Action = Action.MARK
    """PGP or S/MIME: how people write, and not ours to read."""
    ambiguous: Action = Action.MARK
    findings: tuple[FindingRule, ...] = ()
    attachments: tuple[AttachmentRule, ...] = ()
    report_only: bool = False
    """Deliver everything; the trace says what would have happened."""
    engine_failure: EngineFailure = EngineFailure.DEFER
    engine_failure_large: EngineFailure = EngineFailure.DEFER
    """For messages larger than `large_octets`."""
    large_octets: int = 10 << 20
    rescan_minutes: int = 60
    """What was kept because an engine did not answer is scanned again after so long."""
    signature_age_hours: int = 168
    """An engine whose signatures are older has not answered; 0 for any age. Counts where the engine states an age."""
    bias: Bias = Bias.MAX_CERTAINTY
    engines: tuple[str, ...] = ()
    """The engines asked; empty for all that are configured."""
    whole_message: bool = False
    """Show clamd the whole message too, for signatures written for whole mail."""
    passwords: tuple[str, ...] = ()
    """Tried on encrypted archives and documents, beside the message's own words."""
    bare_line_ends: BareLineEnds = BareLineEnds.REFUSE
    """Where the next hop does not offer CHUNKING: otherwise such a message is sent as it is."""
    agents: tuple[str, ...] = ()
    """The transport agents that are on."""
    dns_blocklists: tuple[DnsBlocklist, ...] = ()
    """Lists in the DNS of clients that nothing is taken from; with an entry, the agent that asks them is on."""
    reject_texts: tuple[RejectText, ...] = ()
    """What senders are told of a refusal by this policy, in the first language that fits; ours without any."""
    snapshot_hours: int = 0
    """For so long the trace shows of each message what every step changed; 0: not at all."""


_READERS: Mapping[str, Callable[[object], Any]] = {
    "findings": read_finding_rules,
    "attachments": read_attachment_rules,
    "report_only": read_switch,
    "engine_failure": one_of(EngineFailure),
    "engine_failure_large": one_of(EngineFailure),
    "large_octets": number_between(0, 1 << 40),
    "rescan_minutes": number_between(1, 24 * 60),
    "signature_age_hours": number_between(0, 24 * 365),
    "bias": one_of(Bias),
    "engines": read_words,
    "whole_message": read_switch,
    "passwords": read_texts,
    "bare_line_ends": one_of(BareLineEnds),
    "agents": read_words,
    "dns_blocklists": read_dns_blocklists,
    "reject_texts": read_reject_texts,
    "snapshot_hours": number_between(0, 24 * 14),
}
_ENTRIES: Mapping[str, Callable[[object], Any]] = {
    field.name: _READERS.get(field.name, one_of(Action)) for field in fields(Policy)
}


def parse_policy(entries: Mapping[str, object], base: Policy | None = None) -> Policy:
    """The policy `base` (the default one when None) with these entries changed.

    Raises PolicyError for an unknown key or value.
    """
    changes: dict[str, Any] = {}
    for key, value in entries.items():
        name = key.replace("-", "_")
        if name not in _ENTRIES:
            raise PolicyError(f"There is no policy entry {key!r}. Known: {', '.join(_ENTRIES)}.")
        try:
            changes[name] = _ENTRIES[name](value)
        except ValueError as error:
            raise PolicyError(f"Policy entry {key!r} cannot be {str(value)[:80]!r}: {error}.") from None
    return replace(base or Policy(), **changes)


def entries_of(policy: Policy) -> dict[str, object]:
    """Every entry in its JSON form."""
    return {field.name: written(getattr(policy, field.name)) for field in fields(Policy)}


def differences(policy: Policy, base: Policy | None = None) -> dict[str, object]:
    """The entries in which a policy differs from `base` (the default one when None), in their JSON form."""
    below = base or Policy()
    return {name: value for name, value in entries_of(policy).items() if getattr(policy, name) != getattr(below, name)}
