"""The octets of a question, and what counts as an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.clamd.protocol import question, read_answer
from mx.finding import Severity
from tests.contracts.engine import Octets

NONSENSE = NoAnswer("clamd's answer is nonsense")
ANSWERS: list[tuple[bytes, Answer]] = [
    (b"stream: OK\0", Clean()),
    (b"stream: EICAR.Test.UNOFFICIAL FOUND\0", Alert("EICAR.Test.UNOFFICIAL", Severity.INFECTED)),
    (b"stream: Heuristics.Phishing.Email FOUND\0", Alert("Heuristics.Phishing.Email", Severity.INFECTED)),
    (
        b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
        Alert("Heuristics.Limits.Exceeded.MaxFileSize", Severity.UNSCANNABLE),
    ),
    (b"stream: Heuristics.Encrypted.PDF FOUND\0", Alert("Heuristics.Encrypted.PDF", Severity.ENCRYPTED)),
    (b"stream: Heuristics.EncryptedX FOUND\0", Alert("Heuristics.EncryptedX", Severity.INFECTED)),
    (b"INSTREAM size limit exceeded. ERROR\0", TooLarge()),
    (b"stream: Can't open file ERROR\0", NoAnswer("clamd: Can't open file")),
    (b"", NoAnswer("clamd closed without an answer")),
    (b"stream: OK", NONSENSE),
    (b"stream: OK\n", NONSENSE),
    (b"stream: OK\0\0", NONSENSE),
    (b"stream: OK\0stream: OK\0", NONSENSE),
    (b"stream: OK\0stream: EICAR FOUND\0", NONSENSE),
    (b"stream: EICAR FOUND\0stream: OK\0", NONSENSE),
    (b"1: stream: OK\0", NONSENSE),
    (b"Stream: OK\0", NONSENSE),
    (b"stream:  FOUND\0", NONSENSE),
    (b"stream: two words FOUND\0", NONSENSE),
    (b"stream: \xc3\xa9 FOUND\0", NONSENSE),
    (b"stream: line\nOK\0", NONSENSE),
    (b"UNKNOWN COMMAND\0", NONSENSE),
]


@pytest.mark.parametrize(("raw", "answer"), ANSWERS)
def test_an_answer_is_one_whole_line(raw: bytes, answer: Answer) -> None:
    """Nothing before it, nothing behind it."""
    assert read_answer(raw, is_asked=True) == answer


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_only_one_sequence_of_octets_means_clean(before: bytes, after: bytes) -> None:
    """Whatever stands around it."""
    for raw in (before, before + b"stream: OK\0" + after):
        assert isinstance(read_answer(raw, is_asked=True), Clean) == (raw == b"stream: OK\0")


@pytest.mark.parametrize("raw", [b"stream: OK\0", b"stream: EICAR FOUND\0"])
def test_an_answer_before_the_question_is_whole_does_not_count(raw: bytes) -> None:
    """It cannot be about all of the octets."""
    assert read_answer(raw, is_asked=False) == NoAnswer("clamd answered before it had everything")


@pytest.mark.parametrize("raw", [b"INSTREAM size limit exceeded. ERROR\0", b"stream: Out of memory ERROR\0"])
def test_an_error_before_the_question_is_whole_is_that_error(raw: bytes) -> None:
    """clamd says that something is too large as soon as it is."""
    assert read_answer(raw, is_asked=False) == read_answer(raw, is_asked=True)


@pytest.mark.parametrize("octets", [0, 1, 65535, 65536, 65537, 200_000])
def test_a_question_is_the_command_chunks_and_an_empty_chunk(octets: int) -> None:
    """Each chunk with its length before it, as clamd(8) says."""
    raw = bytes(range(256)) * (octets // 256 + 1)
    raw = raw[:octets]
    asked = b"".join(question(Octets(raw)))
    assert asked.startswith(b"zINSTREAM\0")
    place, read = len(b"zINSTREAM\0"), b""
    while length := int.from_bytes(asked[place : place + 4], "big"):
        read += asked[place + 4 : place + 4 + length]
        place += 4 + length
    assert read == raw
    assert place + 4 == len(asked)
