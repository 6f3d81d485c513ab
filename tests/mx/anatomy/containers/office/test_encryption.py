"""Encrypted Office documents: opened with the message's words and with Excel's own password, or encrypted."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, whole
from mx.anatomy.containers.office.encryption import BUILT_IN_PASSWORDS, lock
from mx.finding import Severity
from tests.contracts import locked_office
from tests.contracts.archives import contents_of, names_of
from tests.contracts.mail import EICAR
from tests.corpus.formats.compound import compound
from tests.corpus.formats.documents import ooxml

PASSWORD = "s\u00e4cret"
PACKAGE = ooxml(more={b"word/media/a.bin": random.Random(1).randbytes(9000)})
FORMS = [(locked_office.agile, PACKAGE), (locked_office.standard, PACKAGE), (locked_office.workbook, EICAR)]
IDS = ["agile", "standard", "workbook"]


def opened(document: bytes, *passwords: str) -> list[bytes]:
    """The plain documents that these passwords give."""
    budget = Budget(time.process_time)
    return [step.content.raw for step in lock(whole(document), budget).open_with(passwords) if isinstance(step, Member)]


@pytest.mark.parametrize(("make", "content"), FORMS, ids=IDS)
def test_the_right_word_opens_it(make: object, content: bytes) -> None:
    """Whichever word it is; the plain document comes out, every octet of it."""
    document = make(content, PASSWORD)  # type: ignore[operator]
    (plain,) = opened(document, "wrong", PASSWORD)
    assert content in plain


@pytest.mark.parametrize(("make", "content"), FORMS, ids=IDS)
def test_without_the_word_it_is_encrypted(make: object, content: bytes) -> None:
    document = make(content, PASSWORD)  # type: ignore[operator]
    (step,) = lock(whole(document), Budget(time.process_time)).open_with(["wrong", ""])
    assert step == Obstacle("encrypted.office", Severity.ENCRYPTED)


@pytest.mark.parametrize(("make", "content"), FORMS, ids=IDS)
def test_documents_that_open_without_a_question_are_opened(make: object, content: bytes) -> None:
    """Excel encrypts read-only workbooks with a password that it knows itself."""
    (plain,) = opened(make(content, BUILT_IN_PASSWORDS[0]))  # type: ignore[operator]
    assert content in plain


def test_a_password_is_not_tried_for_ever() -> None:
    """Two fifths of the time that is left; here every look at the clock takes a second."""
    ticks = iter(range(10**6))
    budget = Budget(lambda: float(next(ticks)))
    steps = list(lock(whole(locked_office.workbook(EICAR, PASSWORD)), budget).open_with(["wrong"] * 400))
    assert [step.name for step in steps if isinstance(step, Obstacle)] == ["encrypted.office"]


@pytest.mark.parametrize(
    "info",
    [
        b"",
        b"\4\0\4\0@\0\0\0",
        b"\4\0\4\0@\0\0\0<!DOCTYPE x>",
        b"\4\0\4\0@\0\0\0" + b'<encryptedKey hashAlgorithm="MD4"/>',
        b"\4\0\3\0" + bytes(60),
        b"\4\0\4\0" + bytes(1 << 17),
    ],
)
def test_what_nobody_can_open_is_encrypted(info: bytes) -> None:
    """Unknown methods, descriptors that make no sense, and large ones."""
    document = compound({"EncryptionInfo": info, "EncryptedPackage": bytes(5000)})
    steps = list(lock(whole(document), Budget(time.process_time)).open_with(["a"]))
    assert steps == [Obstacle("encrypted.office", Severity.ENCRYPTED)]


def test_a_directory_of_thousands_is_left_alone() -> None:
    """The library's time grows with its square."""
    document = compound({"EncryptedPackage": b"x", **{f"s{number}": b"" for number in range(5000)}})
    assert opened(document, "a") == []


@given(st.integers(0, 7000), st.binary(min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_damage_never_raises(place: int, change: bytes) -> None:
    """Whatever the library raises, the document is then encrypted."""
    document = locked_office.workbook(EICAR, BUILT_IN_PASSWORDS[0])
    place %= len(document)
    damaged = document[:place] + change + document[place + len(change) :]
    steps = list(lock(whole(damaged), Budget(time.process_time)).open_with([]))
    assert contents_of(steps) or names_of(steps) == {"encrypted.office"}
