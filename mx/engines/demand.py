"""What the recipients' policies ask of the engines, made into one question for the whole message. Pure.

Comes in: the policies of all recipients of a transaction. Goes out: one Demand. A message is examined once, so where
policies differ the strictest counts: every engine that one of them names, the most certain bias, the youngest
signatures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from tenants.policies.entries import Bias
from tenants.policies.policy import Policy

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
    demands = [
        Demand(policy.engines, policy.bias, policy.signature_age_hours, policy.whole_message) for policy in policies
    ]
    return reduce(_stricter, demands) if demands else Demand()


def _stricter(one: Demand, other: Demand) -> Demand:
    """What satisfies both; no engine named stands for all, and no age for any."""
    return Demand(
        tuple(dict.fromkeys(one.engines + other.engines)) if one.engines and other.engines else (),
        min(one.bias, other.bias, key=_BIASES.index),
        min(one.signature_age_hours, other.signature_age_hours, key=lambda hours: hours or 1 << 30),
        one.whole_message or other.whole_message,
    )
