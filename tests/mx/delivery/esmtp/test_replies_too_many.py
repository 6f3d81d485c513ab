"""A next hop that says something too much: no answer is taken for that to another command or another message."""

import pytest

from mx.delivery.esmtp.client import ContentAsked
from tests.contracts.client_play import PLAIN_EHLO, TWO, Play
from tests.contracts.octets import transfer

CHUNKING_EHLO = b"250-hop.example\r\n250 CHUNKING\r\n"


@pytest.mark.parametrize("ehlo", [PLAIN_EHLO, CHUNKING_EHLO])
@pytest.mark.parametrize("too_much", [b"250 ok\r\n", b"354 go\r\n", b"550 no\r\n", b"25"])
@pytest.mark.parametrize("heard", [[], [b"250 ok\r\n"]], ids=["MAIL", "RCPT"])
def test_a_reply_that_is_there_before_its_command_is_an_answer_to_nothing(
    ehlo: bytes, too_much: bytes, heard: list[bytes]
) -> None:
    """Otherwise the answer to RCPT would be the one to the content, and a message that was refused delivered."""
    play = Play(ehlo)
    play.begin(transfer())
    play.says(*heard, b"250 ok\r\n" + too_much)
    assert play.kinds() == ["unreachable"]
    assert play.client.is_closed


def test_the_answer_to_the_last_recipient_is_not_the_one_to_the_content() -> None:
    """BDAT on a kept connection whose server said something too much: by the statuses, each answer is one behind."""
    play = Play(b"250-hop.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
    play.begin(transfer(*TWO))
    play.says(b"250 2.0.0 too much\r\n250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n")
    assert play.events[-1] == ContentAsked()
    play.send_content()
    play.says(b"250 2.1.5 recipient ok\r\n")
    assert play.kinds() == ["perhaps"] * 2
    assert play.client.is_closed


def test_a_250_that_comes_with_the_354_promises_nothing() -> None:
    """The content is not even asked for any more."""
    play = Play()
    play.begin(transfer())
    play.says(b"250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n")
    assert play.kinds() == ["unreachable"]
    assert ContentAsked() not in play.events
