"""Wishes: whose mail it is, and what its tenant has asked for that the examination must know.

Passwords and rules travel to the cell in front of the message; whose they are stays here. A cell forgets them with the
message, but for compiled rules, which it keeps by their digest.

Failure: rules beyond their limit are refused when a tenant states them; should they come here, ValueError: the message
is not judged without them. Passwords beyond theirs are not tried.
Limits: 100 passwords of 200 characters, 256 KiB of rules.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from tenants.policies.policy import Policy

MOST_PASSWORDS = 100
MOST_PASSWORD_CHARACTERS = 200
MOST_RULES_OCTETS = 256 << 10
MOST_OCTETS = 2 << 20
"""More than the limits above can come to, however their characters are written."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """One tenant's."""

    tenant_id: int = 0
    """No tenant's mail may keep others' from the cells; 0 for nobody's."""
    passwords: tuple[str, ...] = ()
    """Tried on what is encrypted, beside the message's own words."""
    rules: str = ""
    """YARA-X rules of the tenant's own; empty for none."""

    def to_octets(self) -> bytes:
        """As they travel; nothing when there are none."""
        if not self.passwords and not self.rules:
            return b""
        return json.dumps([self.passwords, self.rules], ensure_ascii=False).encode("utf-8", "surrogatepass")

    @classmethod
    def from_octets(cls, raw: bytes) -> "Wishes":
        if not raw:
            return NO_WISHES
        passwords, rules = json.loads(raw.decode("utf-8", "surrogatepass"))
        return cls(0, tuple(passwords), rules)


NO_WISHES = Wishes()


def wishes_of(policies: Iterable[Policy], tenant_id: int = 0, rules: str = "") -> Wishes:
    """What the policies of one tenant's recipients, and the tenant's rules, ask of the examination."""
    if len(rules.encode("utf-8", "surrogatepass")) > MOST_RULES_OCTETS:
        raise ValueError("rules of a tenant that are beyond the limit")
    passwords = dict.fromkeys(password for policy in policies for password in policy.passwords)
    tried = tuple(password[:MOST_PASSWORD_CHARACTERS] for password in tuple(passwords)[:MOST_PASSWORDS])
    return Wishes(tenant_id, tried, rules)
