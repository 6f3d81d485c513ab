"""`pratique agents`: what there is, and the order in which a policy's agents are asked."""

import pytest

from tenants.policies.agent_names import OWN_AGENTS
from tests.pratique.commands.conftest import Pratique


@pytest.fixture
def acme(pratique: Pratique) -> Pratique:
    """A tenant with a domain."""
    pratique.add_acme()
    return pratique


def test_all_agents_are_listed(pratique: Pratique) -> None:
    """With deadline, failure and events."""
    listed = {each["agent"]: each for each in pratique.ask("agents")}
    assert tuple(listed) == tuple(OWN_AGENTS)
    assert listed["attachment-filter"] == {
        "agent": "attachment-filter",
        "deadline_seconds": 5.0,
        "on_failure": "451",
        "rights": ["add headers", "read body", "read header", "refuse", "vouch"],
        "events": ["message"],
    }
    assert listed["authentication"]["on_failure"] == "go on"
    table = pratique.do("agents")
    assert "attachment-filter" in table and max(len(line) for line in table.splitlines()) <= 80


def test_the_order_of_a_policys_agents_is_shown_by_event(acme: Pratique) -> None:
    """As listed; those that another entry switches on behind them; a domain's own where it has one."""
    assert acme.ask("agents", "--tenant", "acme") == []
    assert "No agent is on" in acme.do("agents", "--tenant", "acme")
    agents, rules = "agents=antivirus-stamp,authentication", "attachments=extension:exe=hold"
    acme.do("policy", "set", "--tenant", "acme", agents, rules)
    order = [(each["event"], each["agent"]) for each in acme.ask("agents", "--tenant", "acme")]
    assert order == [
        ("message", "authentication"),
        ("message", "attachment-filter"),
        ("decided", "antivirus-stamp"),
    ]
    assert "decided" in acme.do("agents", "--tenant", "acme")


def test_whose_policy_must_be_known(acme: Pratique) -> None:
    """A tenant that is not there; a domain without its tenant is wrong usage."""
    assert "nobody" in acme.refuse("agents", "--tenant", "nobody")
    assert acme.run("agents", "--domain", "acme.example").exit_code == 2
