"""The agents' names: unknown ones are refused with those that are known."""

import pytest

from tenants.policies.agent_names import OWN_AGENTS, require_known_agents
from tenants.policies.policy import PolicyError


@pytest.mark.parametrize(
    "entries",
    [{}, {"spam": "hold"}, {"agents": ""}, {"agents": "inherit"}, {"agents": "odd,greylisting"}, {"agents": ["odd"]}],
)
def test_known_names_will_do(entries: dict[str, object]) -> None:
    """However they are given; also none."""
    require_known_agents(entries, (*OWN_AGENTS, "odd"))


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    """Mail to such a policy would be put off; a name that is none is refused as ever."""
    with pytest.raises(PolicyError, match=r"There is no agent 'athentication' here. Known: sender-lists, .*antivirus"):
        require_known_agents({"agents": "athentication"}, OWN_AGENTS)
    with pytest.raises(PolicyError, match="is no name"):
        require_known_agents({"agents": ["Two words"]}, OWN_AGENTS)
