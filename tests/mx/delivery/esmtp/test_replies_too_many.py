"""A next hop that says something too much: no answer is taken for that to another command or another message."""

import itertools

import pytest

from mx.delivery.contract import Delivered, PermanentlyRefused
from mx.delivery.esmtp.client import Client, ContentAsked, Settled
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


class Talkative:
    """A next hop that says `extra` once, right behind its `nth` answer to one command; it takes what is GOOD alone."""

    ANSWERS = ((b"MAIL", b"250 m"), (b"RCPT", b"250 r"), (b"DATA", b"354 go"), (b"RSET", b"250 s"))

    def __init__(self, offers: bytes, verb: bytes, extra: bytes, nth: int) -> None:
        self._offers, self._verb, self._extra, self._left = offers, verb, extra, nth
        self._content: bytes | None = None
        self.taken: list[bytes] = []

    def say(self, verb: bytes, answer: bytes) -> bytes:
        """The answer to this verb, with what is too much."""
        self._left -= verb == self._verb
        if verb != self._verb or self._left:
            return answer + b"\r\n"
        self._verb = b""
        return answer + b"\r\n" + self._extra

    def hear(self, octets: bytes) -> list[bytes]:
        """The answers to what was sent, each a read of its own."""
        said = []
        for line in octets.splitlines(keepends=True):
            if self._content is not None and line != b".\r\n":
                self._content += line
            elif self._content is not None:
                content, self._content = self._content, None
                is_good = b"GOOD" in content
                self.taken += [content] * is_good
                said.append(self.say(b".", b"250 taken" if is_good else b"550 bad"))
            elif line.startswith(b"EHLO"):
                said.append(self.say(b"EHLO", b"250-hop.example\r\n" + self._offers + b"250 HELP"))
            else:
                verb = line[:4]
                self._content = b"" if verb == b"DATA" else None
                said.append(self.say(verb, dict(self.ANSWERS)[verb]))
        return said


def _deliver(hop: Talkative, bodies: list[bytes]) -> list[tuple[bytes, object]]:
    """Each body and what its copy is said to have become, as far as the connection goes."""
    client, results, waiting = Client("mx.example", wants_tls=False), [], [hop.say(b"", b"220 hop.example")]
    for body in (b"", *bodies):
        if body:
            client.begin(transfer(content=body))
            waiting += hop.hear(client.octets_to_send())
        while waiting and not client.is_closed:
            client.receive(waiting.pop(0))
            while (event := client.next_event()) is not None:
                if isinstance(event, ContentAsked):
                    waiting += hop.hear(b"".join(client.content()))
                    client.content_sent()
                elif isinstance(event, Settled):
                    results.append((body, event.results[0]))
            waiting += hop.hear(client.octets_to_send())
        if client.is_closed:
            break
    return results


@pytest.mark.parametrize("offers", [b"", b"250-PIPELINING\r\n"], ids=["one by one", "pipelining"])
@pytest.mark.parametrize("verb", [b"EHLO", b"MAIL", b"RCPT", b"DATA", b".", b"RSET"])
@pytest.mark.parametrize(
    "extra",
    [b"250 x\r\n", b"354 x\r\n", b"550 x\r\n", b"250 x\r\n250 y\r\n", b"250-x\r\n250 y\r\n"],
)
def test_whatever_is_said_too_much_no_message_takes_the_answer_of_another(
    offers: bytes, verb: bytes, extra: bytes
) -> None:
    """What is called delivered was taken, what is called refused was not; in every order of good and bad messages."""
    for nth, goods in itertools.product((1, 2), itertools.product((True, False), repeat=3)):
        hop = Talkative(offers, verb, extra, nth)
        bodies = [b"Subject: %d %s\r\n\r\nx\r\n" % (n, b"GOOD" if good else b"BAD") for n, good in enumerate(goods)]
        for body, result in _deliver(hop, bodies):
            is_taken = any(body in content for content in hop.taken)
            assert is_taken or not isinstance(result, Delivered), (nth, goods, body)
            assert not is_taken or not isinstance(result, PermanentlyRefused), (nth, goods, body)
