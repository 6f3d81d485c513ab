"""What the recipients' policies ask of the engines, made into one question for the whole message. Pure.

Comes in: the policies of all recipients of a transaction. Goes out: one Demand. A message is examined once, so where
policies differ the strictest counts: every engine that one of them names, the most certain bias, the youngest
signatures.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tenants.policy import Policy
from tenants.policy_entries import Bias

_BIASES = list(Bias)
"""From the most certain on."""


@dataclass(frozen=True, slots=True)
class Demand:
    """The defaults are those of a policy."""

    engines: tuple[str, ...] = ()
    """Empty for all that are configured."""
    bias: Bias = Bias.MAX_CERTAINTY
    signature_age_hours: int = 168
    """0 for any age."""
    whole_message: bool = False


def demand_of(policies: Iterable[Policy]) -> Demand:
    """What these policies together want to know of a message."""
    asked = list(policies)
    if not asked:
        return Demand()
    named = [policy.engines for policy in asked]
    return Demand(
        engines=tuple(dict.fromkeys(name for names in named for name in names)) if all(named) else (),
        bias=min((policy.bias for policy in asked), key=_BIASES.index),
        signature_age_hours=min((policy.signature_age_hours for policy in asked), key=lambda hours: hours or 1 << 30),
        whole_message=any(policy.whole_message for policy in asked),
    )
