"""The names of Pratique's own transport agents, with a sentence for people, in an order that suits most. Pure.

`pratique/compose/agents.py` makes them; a test holds the two together. What plug-ins add is known to the front door
alone, which hands all names to whoever lets people choose.

Failure: `PolicyError` for a name that nobody here has: mail to a policy that names it would be put off.
"""

from collections.abc import Collection, Mapping

from tenants.policies.policy import PolicyError, parse_policy

OWN_AGENTS: Mapping[str, str] = {
    "sender-lists": "Refuses senders on your block list, and vouches for those on your allow list.",
    "dns-blocklists": "Refuses clients that the DNS blocklists of the policy name.",
    "greylisting": "Asks senders that are new to try again in a few minutes.",
    "authentication": "Checks SPF, DKIM and DMARC, and says so in a header.",
    "attachment-filter": "Does what the attachment rules say.",
    "stamp-reader": "Saves work by the antivirus stamps of services that are trusted here.",
    "antivirus-stamp": "Signs a stamp on what was found clean, for the next service.",
    "arc-sealing": "Seals what was found out about the sender, for whoever takes the mail next (ARC).",
}


def require_known_agents(entries: Mapping[str, object], known: Collection[str]) -> None:
    """Raises PolicyError when the entry `agents` among these names an agent that is not known."""
    if "agents" not in entries or entries["agents"] == "inherit":
        return
    for name in parse_policy({"agents": entries["agents"]}).agents:
        if name not in known:
            raise PolicyError(f"There is no agent {name!r} here. Known: {', '.join(known)}.")
