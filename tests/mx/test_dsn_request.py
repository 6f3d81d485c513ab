"""What a sender asks to be told: read strictly, written as it was read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.dsn_request import (
    NOTHING_NOTIFIED,
    NOTHING_RETURNED,
    Notify,
    NotifyRequest,
    Return,
    ReturnRequest,
    decoded,
    notify_request_of,
    return_request_of,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("NEVER", (Notify.NEVER,)),
        ("success,Failure,DELAY", (Notify.SUCCESS, Notify.FAILURE, Notify.DELAY)),
        ("NEVER,FAILURE", None),
        ("FAILURE,FAILURE", None),
        ("FAILURE,", None),
        ("", None),
        ("ALWAYS", None),
    ],
)
def test_notify(value: str, expected: tuple[Notify, ...] | None) -> None:
    """NEVER stands alone, nothing stands twice."""
    request = NOTHING_NOTIFIED.taking("NOTIFY", value)
    assert (request.notify if request else None) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("rfc822;Bob@x.example", "rfc822;Bob@x.example"),
        ("rfc822;a+2Bb@x.example", "rfc822;a+2Bb@x.example"),
        ("utf-8;\u00fc@x.example", "utf-8;\\x{FC}@x.example"),
        ("rfc822;\u00fc@x.example", None),
        ("Bob@x.example", None),
        (";Bob@x.example", None),
        ("rfc822;", None),
        ("rfc822;a+0Ab", None),
        ("rfc822;a+b", None),
        ("rfc822;a+2bb", None),
        ("utf-8;\\x{0A}", None),
        ("utf-8;\\x{FFFFFF}", None),
        ("rfc822;" + "a" * 500, None),
    ],
)
def test_orcpt(value: str, expected: str | None) -> None:
    """Strict xtext, of characters that can stand in a line."""
    request = NOTHING_NOTIFIED.taking("ORCPT", value)
    assert (request.original_recipient if request else None) == expected


@pytest.mark.parametrize(("value", "is_read"), [("a" * 100, True), ("a" * 101, False), ("a=b", False), ("+20", True)])
def test_envid(value: str, is_read: bool) -> None:
    """Up to 100 characters."""
    assert (NOTHING_RETURNED.taking("ENVID", value) is not None) == is_read


@pytest.mark.parametrize(
    ("notify", "failure", "delay"),
    [
        ((), True, True),
        ((Notify.NEVER,), False, False),
        ((Notify.FAILURE,), True, False),
        ((Notify.DELAY,), False, True),
    ],
)
def test_what_may_be_reported(notify: tuple[Notify, ...], failure: bool, delay: bool) -> None:
    """RFC 3461 section 4.1."""
    request = NotifyRequest(notify)
    assert (request.wants_failure, request.wants_delay) == (failure, delay)


def test_the_original_recipient_is_decoded_for_a_report() -> None:
    """With its type; nothing when none was given."""
    assert NotifyRequest((), "utf-8;a+2B\\x{FC}@x.example").original_field == "utf-8; a+\u00fc@x.example"
    assert NOTHING_NOTIFIED.original_field == ""


REQUESTS = st.builds(
    NotifyRequest,
    st.sampled_from([(), (Notify.NEVER,), (Notify.SUCCESS, Notify.DELAY)]),
    st.sampled_from(["", "rfc822;a@b.example", "utf-8;\\x{FC}+20"]),
)
RETURNS = st.builds(ReturnRequest, st.sampled_from([None, *Return]), st.sampled_from(["", "x+2B1", "QQ314159"]))


@given(REQUESTS, RETURNS)
def test_what_was_kept_is_read_again(notify: NotifyRequest, returned: ReturnRequest) -> None:
    """The same words, the same requests."""
    assert notify_request_of(notify.words) == notify
    assert return_request_of(returned.words) == returned


@given(st.text())
def test_words_that_cannot_be_read_ask_for_nothing_and_nothing_breaks_a_line(words: str) -> None:
    """Whatever stands in the books."""
    for text in (
        notify_request_of(words).words,
        return_request_of(words).words,
        notify_request_of(words).original_field,
    ):
        assert text.isprintable()
    assert isinstance(decoded(words), str)
