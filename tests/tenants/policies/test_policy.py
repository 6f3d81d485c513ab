"""A policy's entries, its errors and its JSON form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.policies.policy import Action, EngineFailure, Policy, PolicyError, differences, parse_policy


def test_an_empty_policy_is_the_default() -> None:
    """Only differences are stored."""
    assert parse_policy({}) == Policy()
    assert differences(Policy()) == {}


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"virus": "hold"}, "There is no policy entry 'virus'"),
        ({"infected": "explode"}, "Policy entry 'infected' cannot be 'explode'"),
        ({"engine-failure": "deliver"}, "Policy entry 'engine-failure' cannot be 'deliver'"),
        ({"spam": 3}, "Policy entry 'spam' cannot be '3'"),
    ],
)
def test_a_wrong_entry_is_refused_with_a_sentence(entries: dict[str, object], sentence: str) -> None:
    """The sentence names the entry and what would do."""
    with pytest.raises(PolicyError, match=sentence):
        parse_policy(entries)


def test_a_domains_policy_changes_only_what_it_names() -> None:
    """The rest is inherited from the tenant's."""
    tenant = parse_policy({"spam": "hold", "infected": "discard"})
    domain = parse_policy({"spam": "reject"}, tenant)
    assert (domain.spam, domain.infected) == (Action.REJECT, Action.DISCARD)
    assert differences(domain, tenant) == {"spam": "reject"}


@given(
    st.builds(
        Policy,
        **{name: st.sampled_from(Action) for name in ("infected", "spam", "clean", "encrypted")},
        engine_failure=st.sampled_from(EngineFailure),
    )
)
def test_the_json_form_gives_the_same_policy_again(policy: Policy) -> None:
    """What is stored is what was set."""
    assert parse_policy(differences(policy)) == policy
