"""Every reply is well formed, listed and documented, and a next hop's words name no host."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import reply
from mx.reply import Reply
from mx.verdict import VerdictKind

NAMED = {name: value for name, value in vars(reply).items() if isinstance(value, Reply)}
DOCUMENT = Path(__file__).parents[2] / "docs" / "replies.md"


@pytest.mark.parametrize("name", NAMED)
def test_a_named_reply_is_in_the_list(name: str) -> None:
    """A reply that is not listed would not be documented."""
    assert NAMED[name] in reply.listed()


def test_the_document_is_the_table() -> None:
    """docs/replies.md is made from the code."""
    assert DOCUMENT.read_text(encoding="utf-8") == reply.table()


@pytest.mark.parametrize("each", reply.listed(), ids=lambda each: f"{each.code} {each.text}")
def test_a_reply_is_one_line_with_codes_that_agree(each: Reply) -> None:
    """The class of the enhanced code is the first digit of the code (RFC 3463), and the line fits (RFC 5321)."""
    assert re.fullmatch(rb"[2-5][0-9]{2} [ -~]+\r\n", each.wire)
    assert len(each.wire) <= 512
    assert not each.enhanced or each.enhanced.startswith(f"{str(each.code)[0]}.")


def test_each_reply_has_exactly_one_kind() -> None:
    """Positive, transient and permanent exclude each other."""
    for each in reply.listed():
        assert [each.is_positive, each.is_transient, each.is_permanent].count(True) == 1


def test_the_ehlo_reply_marks_its_last_line() -> None:
    """All lines but the last have a hyphen."""
    assert reply.ehlo_wire("mx.example", ["SIZE 5", "8BITMIME"]) == b"250-mx.example\r\n250-SIZE 5\r\n250 8BITMIME\r\n"
    assert reply.ehlo_wire("mx.example", []) == b"250 mx.example\r\n"


@pytest.mark.parametrize("kind", VerdictKind)
def test_every_verdict_has_a_permanent_refusal(kind: VerdictKind) -> None:
    """A policy may refuse anything, even what is clean."""
    refusal = reply.refusal(kind.value)
    assert refusal.code == 550
    assert refusal.enhanced == "5.7.1"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("User unknown", "User unknown"),
        ("<bob@inside.example>: Recipient address rejected", "[removed]: Recipient address rejected"),
        ("see https://inside.example/x?y=1 for help", "see [removed] for help"),
        ("blocked by mail.inside.example [192.0.2.7]", "blocked by [removed] [removed]"),
        ("blocked from 192.0.2.7.", "blocked from [removed]."),
        ("2001:db8::25 said no", "[removed] said no"),
        ("[IPv6:2001:db8::25] said no", "[removed] said no"),
        ("mailbox on exch01 is full", "mailbox on [removed] is full"),
        ("EXCH01: no", "[removed]: no"),
        ("m\u00fcller.inside.example said no", "[removed] said no"),
        ("5.2.2 over quota, try 10.5 days", "5.2.2 over quota, try 10.5 days"),
        ("two\r\n250 ok\tlines\x00", "two 250 ok lines"),
        ("", "no reason given"),
    ],
)
def test_a_next_hops_words_lose_what_names_a_host(text: str, kept: str) -> None:
    """The sender learns why, never where."""
    assert reply.passed_on(550, "5.1.1", text, ["exch01"]).text == f"The recipient's server says: {kept}"


@pytest.mark.parametrize(
    ("code", "enhanced", "expected"),
    [
        (550, "5.1.1", (550, "5.1.1")),
        (450, "4.2.0", (450, "4.2.0")),
        (452, "", (452, "4.0.0")),
        (550, "4.1.1", (550, "5.0.0")),
        (550, "5.1.1\r\n250", (550, "5.0.0")),
        (421, "4.3.2", (451, "4.3.2")),
        (530, "5.7.0", (554, "5.7.0")),
        (551, "5.1.6", (554, "5.1.6")),
        (250, "2.0.0", (451, "4.5.0")),
        (354, "", (451, "4.5.0")),
        (999, "", (451, "4.5.0")),
    ],
)
def test_a_next_hops_code_is_kept_where_it_means_the_same(code: int, enhanced: str, expected: tuple[int, str]) -> None:
    """A code that would steer our own session is replaced; one that refuses nothing is no refusal for good."""
    passed = reply.passed_on(code, enhanced, "x")
    assert (passed.code, passed.enhanced) == expected


@given(st.integers(), st.text(), st.text(max_size=2000))
def test_whatever_a_next_hop_says_one_safe_line_is_passed_on(code: int, enhanced: str, text: str) -> None:
    """Never more than one line, never over 512 octets, never positive."""
    passed = reply.passed_on(code, enhanced, text)
    assert re.fullmatch(rb"[45][0-9]{2} [45]\.\d{1,3}\.\d{1,3} [ -~]+\r\n", passed.wire)
    assert len(passed.wire) <= 512


@pytest.mark.parametrize(
    ("code", "enhanced", "text"),
    [
        (250, "2.0.0", "Ok"),
        (421, "4.7.0", "Ends the session"),
        (354, "", "Go on"),
        (550, "4.7.1", "Two classes"),
        (550, "", "No enhanced code"),
        (550, "5.7.1", ""),
        (550, "5.7.1", "two\r\n250 lines"),
        (550, "5.7.1", "\N{SNOWMAN}"),
        (550, "5.7.1", "x" * 301),
    ],
)
def test_an_agent_can_only_refuse_in_one_line(code: int, enhanced: str, text: str) -> None:
    """Neither a promise, nor the end of the session, nor a line of its own making."""
    with pytest.raises(ValueError, match="a refusal is"):
        reply.by_agent(code, enhanced, text)


def test_an_agents_refusal_is_its_own_words() -> None:
    """A refusal that can be given is given as it is."""
    assert reply.by_agent(450, "4.2.1", "Come back on Monday").line == "450 4.2.1 Come back on Monday"
