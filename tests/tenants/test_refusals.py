"""Refusals are one family: who catches Refusal catches what a person may be told."""

import pytest

from tenants.refusals import AlreadyExists, NotFound, Refusal, WrongState
from tenants.storage.database import DatabaseUnavailable


@pytest.mark.parametrize("kind", [AlreadyExists, NotFound, WrongState])
def test_every_kind_is_a_refusal_with_its_sentence(kind: type[Refusal]) -> None:
    """The text is what is shown."""
    assert issubclass(kind, Refusal)
    assert str(kind("There is no tenant named 'acme'.")) == "There is no tenant named 'acme'."


def test_an_outage_is_no_refusal() -> None:
    """Nobody asked for anything wrong."""
    assert not issubclass(DatabaseUnavailable, Refusal)
