"""What a sender is told of a refusal: the tenant's words, in the language that the sender probably reads."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import reply
from mx.decision import Reject
from mx.disposition.copies import Copy
from mx.disposition.own_words import likely_languages, refusal_of
from mx.envelope import Recipient, ReversePath
from tenants.policies.policy import parse_policy
from tests.contracts.disposing import MESSAGE, examined, standing

TEXTS = ["en=Ring us first", "de=Rufen Sie uns bitte zuerst an, schönen Gruß"]


@pytest.mark.parametrize(
    ("header", "sender", "languages"),
    [
        (b"", "a@supplier.example", ()),
        (b"", "a@firma.DE", ("de",)),
        (b"", "", ()),
        (b"Content-Language: fr-CA, en\r\n", "a@firma.at", ("fr-ca", "en", "de")),
        (
            b"Accept-Language: en;q=0.3,\r\n\tpl , de;q=0\r\ncontent-language : IT\r\n",
            "a@x.example",
            ("it", "pl", "en"),
        ),
        (b"Content-Language: not a tag, <script>\r\nX-Content-Language: sv\r\n", "a@x.example", ()),
        (b"Accept-Language: " + b"de, " * 10_000 + b"fr\r\n", "a@x.example", ("de",)),
    ],
)
def test_a_senders_likely_language(header: bytes, sender: str, languages: tuple[str, ...]) -> None:
    """What its message says, then where it is."""
    assert likely_languages(header, sender) == languages


@given(st.binary(max_size=200), st.text(max_size=50))
def test_no_header_and_no_address_makes_it_fail(header: bytes, sender: str) -> None:
    """They are a stranger's."""
    likely_languages(b"Content-Language: " + header, sender)


@pytest.mark.parametrize(
    ("texts", "sender", "utf8", "line"),
    [
        ([], "a@firma.de", False, reply.INFECTED.line),
        (TEXTS, "a@firma.de", False, "550 5.7.1 Rufen Sie uns bitte zuerst an, schoenen Gruss"),
        (TEXTS, "a@firma.de", True, "550 5.7.1 Rufen Sie uns bitte zuerst an, schönen Gruß"),
        (TEXTS, "a@supplier.example", False, "550 5.7.1 Ring us first"),
        (["ja=いいえ"], "a@firma.de", False, reply.INFECTED.line),
    ],
)
def test_the_reply_has_the_tenants_words(texts: list[str], sender: str, utf8: bool, line: str) -> None:
    """With our code; beyond ASCII only where the client has said that it takes that."""
    message = examined("a@acme.example", content=MESSAGE)
    envelope = replace(message.envelope, reverse_path=ReversePath(sender), is_smtputf8=utf8)
    where = standing(policy=parse_policy({"reject_texts": texts}))
    copy = Copy(Recipient("a@acme.example"), where, Reject("infected", keep=True))
    answer = refusal_of(replace(message, envelope=envelope), copy, "infected")
    assert (answer.line, answer.is_permanent) == (line, True)
    assert answer.wire == f"{line}\r\n".encode("utf-8" if utf8 else "ascii")
