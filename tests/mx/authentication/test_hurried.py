"""The DNS in a hurry: answers pass through, and what is not answered in time has failed, at once when time is over."""

from collections.abc import Coroutine
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mx.authentication.hurried import Hurried
from mx.authentication.questions import DnsFailed
from tests.contracts.disposing import result_of
from tests.contracts.dns_table import DnsTable

TABLE = {
    "TXT a.example": ["x"],
    "A a.example": ["192.0.2.1"],
    "MX a.example": ["m.example"],
    "PTR 192.0.2.1": ["a.example"],
}


class Silent(DnsTable):
    """Never answers about texts."""

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """Nothing."""
        await Deferred()
        raise AssertionError("nobody waits")


def test_answers_and_failures_pass_through() -> None:
    """Of each kind."""
    dns = Hurried(DnsTable(TABLE, frozenset({"b.example"})), Clock(), 2.0)
    assert result_of(dns.txt("a.example")) == (b"x",)
    assert result_of(dns.addresses("a.example", 4)) == ("192.0.2.1",)
    assert result_of(dns.mail_exchangers("a.example")) == ("m.example",)
    assert result_of(dns.names("192.0.2.1")) == ("a.example",)
    with pytest.raises(DnsFailed):
        result_of(dns.txt("b.example"))


def test_all_questions_share_the_time() -> None:
    """The first without an answer takes what is left; those behind it are not asked."""
    clock = Clock()
    table = Silent(TABLE)
    dns = Hurried(table, clock, 2.0)
    clock.advance(0.5)
    ended: list[Any] = []
    _begin(dns.txt("a.example"), ended)
    clock.advance(1.4)
    assert not ended
    clock.advance(0.2)
    assert [type(each) for each in ended] == [DnsFailed]
    with pytest.raises(DnsFailed, match="no time left"):
        result_of(dns.addresses("a.example", 4))
    assert table.asked == []


def _begin(coroutine: Coroutine[Any, Any, Any], ended: list[Any]) -> None:
    Deferred.fromCoroutine(coroutine).addErrback(lambda failure: ended.append(failure.value))
