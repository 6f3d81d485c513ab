"""The opening of a connection: what is said, step by step, and when it is of no use."""

import pytest

from mx.delivery.esmtp.opening import HandshakeNext, Opened, Opening, Say, Step, Useless
from mx.delivery.esmtp.replies import RawReply, ReplyReader

EHLO, HELO, STARTTLS = Say(b"EHLO mx.example\r\n"), Say(b"HELO mx.example\r\n"), Say(b"STARTTLS\r\n")
PLAIN, WITH_TLS = b"250-hop\r\n250 SIZE 10\r\n", b"250-hop\r\n250 STARTTLS\r\n"


def opened(replies: list[bytes], *, wants_tls: bool, requires_tls: bool = False) -> tuple[Opening, list[Step]]:
    """The opening after these replies, and its steps."""
    opening, reader, steps = Opening("mx.example", wants_tls=wants_tls, requires_tls=requires_tls), ReplyReader(), []
    for octets in replies:
        reader.receive(octets)
        reply = reader.next_reply()
        assert reply is not None
        steps.append(opening.take(reply, is_last=reader.is_empty))
    return opening, steps


@pytest.mark.parametrize(
    ("replies", "wants_tls", "steps"),
    [
        ([b"220 hop\r\n", PLAIN], True, [EHLO, Opened()]),
        ([b"220 hop\r\n", WITH_TLS], False, [EHLO, Opened()]),
        ([b"220 hop\r\n", WITH_TLS, b"220 go\r\n"], True, [EHLO, STARTTLS, HandshakeNext()]),
        ([b"220 hop\r\n", WITH_TLS, b"454 no\r\n"], True, [EHLO, STARTTLS, Opened()]),
        ([b"220 hop\r\n", b"500 what\r\n", b"250 hop\r\n"], True, [EHLO, HELO, Opened()]),
        ([b"554 no\r\n"], True, [Useless("greeting was answered 554 no")]),
        ([b"220 hop\r\n", b"421 busy\r\n"], True, [EHLO, Useless("ehlo was answered 421 busy")]),
        ([b"220 hop\r\n", b"500 what\r\n", b"500 no\r\n"], True, [EHLO, HELO, Useless("helo was answered 500 no")]),
    ],
)
def test_each_reply_has_its_step(replies: list[bytes], wants_tls: bool, steps: list[Step]) -> None:
    """TLS where it is wanted and offered, HELO where EHLO is refused."""
    assert opened(replies, wants_tls=wants_tls)[1] == steps


@pytest.mark.parametrize(
    ("replies", "last"),
    [
        ([b"220 hop\r\n", PLAIN], Useless("STARTTLS is not offered, and the route requires TLS")),
        (
            [b"220 hop\r\n", b"500 what\r\n", b"250 hop\r\n"],
            Useless("STARTTLS is not offered, and the route requires TLS"),
        ),
        (
            [b"220 hop\r\n", WITH_TLS, b"454 no\r\n"],
            Useless("STARTTLS was answered 454 no, and the route requires TLS"),
        ),
        ([b"220 hop\r\n", WITH_TLS, b"220 go\r\n"], HandshakeNext()),
    ],
)
def test_where_tls_is_required_there_is_no_other_way(replies: list[bytes], last: Step) -> None:
    """After its handshake EHLO is answered without STARTTLS, as it should be."""
    opening, steps = opened(replies, wants_tls=False, requires_tls=True)
    assert steps[-1] == last
    if last == HandshakeNext():
        opening.tls_started()
        assert opening.take(RawReply(250, (b"hop",)), is_last=True) == Opened()


def test_octets_behind_the_answer_to_starttls_are_an_attack() -> None:
    """They would be read as if they had come inside TLS."""
    steps = opened([b"220 hop\r\n", WITH_TLS, b"220 go\r\n250 injected\r\n"], wants_tls=True)[1]
    assert isinstance(steps[-1], Useless)


def test_what_was_offered_in_the_clear_is_forgotten() -> None:
    """EHLO is said again inside TLS."""
    opening, _ = opened([b"220 hop\r\n", WITH_TLS, b"220 go\r\n"], wants_tls=True)
    assert opening.extensions == {"STARTTLS": ""}
    assert opening.tls_started() == EHLO
    assert opening.extensions == {}
