"""What vendors' replies mean, row by row."""

import pytest

from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.icap.protocol import Reply
from mx.engines.icap.verdict import BLOCKED, answer_of
from mx.finding import Severity

INFECTED = Severity.INFECTED
ROWS: list[tuple[Reply, Answer]] = [
    (Reply(204, {}), Clean()),
    (Reply(204, {"x-virus-id": "no threats"}), Clean()),
    (Reply(204, {"x-violations-found": "0"}), Clean()),
    (Reply(204, {"x-infection-found": "Type=0; Resolution=0; Threat=None;"}), Clean()),
    (Reply(204, {"x-response-info": "allowed"}), Clean()),
    (Reply(204, {"x-infection-found": "Type=0; Resolution=2; Threat=Bad;"}), Alert("Bad", INFECTED)),
    (Reply(200, {"x-infection-found": "Type=0; Resolution=2; Threat=Eicar Test;"}, 403), Alert("Eicar-Test", INFECTED)),
    (Reply(200, {"x-infection-found": "type=0;threat=Bad"}, 200), Alert("Bad", INFECTED)),
    (Reply(200, {"x-infection-found": "Threat=Bad"}, 200), Alert("Bad", INFECTED)),
    (Reply(200, {"x-infection-found": "Type=0; Resolution=2;"}, 200), Alert(BLOCKED, INFECTED)),
    (
        Reply(200, {"x-infection-found": "Type=1; Resolution=2; Threat=Too deep;"}),
        Alert("Too-deep", Severity.UNSCANNABLE),
    ),
    (Reply(200, {"x-infection-found": "Type=2; Threat=Encrypted file;"}), Alert("Encrypted-file", Severity.ENCRYPTED)),
    (Reply(200, {"x-virus-id": "INFECTED EICAR-Test-File"}, 403), Alert("INFECTED-EICAR-Test-File", INFECTED)),
    (Reply(200, {"x-violations-found": "1\nmail.zip\nWin.Bad\n11101\n2"}, 403), Alert("Win.Bad", INFECTED)),
    (Reply(200, {"x-violations-found": "1"}, 403), Alert(BLOCKED, INFECTED)),
    (Reply(200, {"x-response-info": "Blocked"}, 200), Alert(BLOCKED, INFECTED)),
    (Reply(200, {}, 403, "d", b"blocked"), Alert(BLOCKED, INFECTED)),
    (Reply(413, {}), TooLarge()),
    (Reply(200, {"x-virus-id": "\r\n\x00" + "a" * 300}, 403), Alert("a" * 200, INFECTED)),
]
UNKNOWN = [
    Reply(200, {}, 200, "digest", b"the octets as they were"),
    Reply(200, {}, 502, "digest", b"the proxy's own trouble"),
    Reply(200, {}, None, "digest", b"x"),
    *(Reply(status, {}) for status in (100, 206, 302, 400, 403, 404, 408, 500, 503, 505)),
]


@pytest.mark.parametrize(("reply", "answer"), ROWS)
def test_a_reply_that_means_something(reply: Reply, answer: Answer) -> None:
    """The table of the module, vendor by vendor."""
    assert answer_of(reply, is_whole=True) == answer


@pytest.mark.parametrize("reply", UNKNOWN)
def test_a_reply_that_means_nothing(reply: Reply) -> None:
    """It is unknown: neither clean nor infected."""
    answer = answer_of(reply, is_whole=True)
    assert isinstance(answer, NoAnswer) and answer.reason


def test_what_was_not_sent_was_not_examined() -> None:
    """Found early is found; clean early is nothing."""
    assert isinstance(answer_of(Reply(204, {}), is_whole=False), NoAnswer)
    assert answer_of(Reply(200, {"x-virus-id": "Bad"}, 403), is_whole=False) == Alert("Bad", INFECTED)
