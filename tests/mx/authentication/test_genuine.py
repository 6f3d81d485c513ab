"""Who is shown to have sent a message: the domain of the reverse-path alone counts."""

from collections.abc import Iterable, Mapping

import pytest

from mx.authentication.dkim_canonical import BodyDigest, BodyForm, hash_bodies
from mx.authentication.dkim_signing import sign
from mx.authentication.genuine import Evidence, shown_by
from mx.authentication.questions import DnsFailed
from tests.contracts.coroutines import result_at_once
from tests.contracts.dns_table import DnsTable
from tests.mx.authentication.test_dkim_signing import NOW, keys, records

MESSAGE = b"From: Ann <ann@news.mx.example>\r\nSubject: x\r\n\r\nbody\r\n"
CLIENT = "203.0.113.9"
SPF = {"TXT sender.example": ["v=spf1 ip4:203.0.113.0/24 -all"]}
SIGNED = sign(MESSAGE, "mx.example", keys(), NOW) + MESSAGE


def organisation_of(domain: str) -> str:
    return ".".join(domain.split(".")[-2:])


def shown(
    message: bytes, reverse_path: str, dns: DnsTable, client: str = CLIENT, received_at: float = NOW.timestamp()
) -> str | None:
    header, _, body = message.partition(b"\r\n\r\n")

    async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
        return hash_bodies([body], 0, forms)

    evidence = Evidence(client, reverse_path, header + b"\r\n", received_at)
    return result_at_once(shown_by(dns, evidence, digests, organisation_of))


@pytest.mark.parametrize(
    ("message", "reverse_path", "client", "by"),
    [
        (MESSAGE, "ann@sender.example", CLIENT, "SPF of sender.example"),
        (MESSAGE, "ann@sender.example", "198.51.100.7", None),
        (MESSAGE, "ann@sender.example", "", None),
        (MESSAGE, "ann@elsewhere.example", CLIENT, None),
        (SIGNED, "bounce@mx.example", "198.51.100.7", "DKIM of mx.example"),
        (SIGNED, "bounce@news.mx.example", "198.51.100.7", "DKIM of mx.example"),
        (SIGNED, "victim@bank.example", "198.51.100.7", None),
        (SIGNED.replace(b"body", b"other"), "bounce@mx.example", "198.51.100.7", None),
        (MESSAGE, "nobody", CLIENT, None),
    ],
)
def test_who_is_shown_to_be_genuine(message: bytes, reverse_path: str, client: str, by: str | None) -> None:
    """Another domain's good signature shows nothing about whom a report would go to."""
    assert shown(message, reverse_path, DnsTable({**SPF, **records()}), client) == by


@pytest.mark.parametrize("broken", ["sender.example", "e1._domainkey.sender.example"])
def test_a_question_without_an_answer_decides_nothing(broken: str) -> None:
    """It is asked again later; unless something else shows it."""
    signed = sign(MESSAGE, "sender.example", keys()[:1], NOW) + MESSAGE
    table = {**SPF, "TXT e1._domainkey.sender.example": records()["TXT e1._domainkey.mx.example"]}
    with pytest.raises(DnsFailed):
        shown(signed, "ann@sender.example", DnsTable({}, frozenset({broken})))
    assert shown(signed, "ann@sender.example", DnsTable(table, frozenset({broken})))


def test_signatures_are_judged_as_of_the_time_of_arrival() -> None:
    """Made an hour after it: from the future, and worth nothing."""
    assert shown(SIGNED, "a@mx.example", DnsTable(records()), "", NOW.timestamp() - 3000)
    assert shown(SIGNED, "a@mx.example", DnsTable(records()), "", NOW.timestamp() - 9000) is None
