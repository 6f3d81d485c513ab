"""RTF: objects in every form that Word puts up with."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, whole
from mx.anatomy.containers.rtf import open_rtf
from mx.finding import Severity
from tests.contracts.archives import contents_of, names_of, steps_of
from tests.contracts.mail import EICAR, zipped
from tests.corpus.formats.compound import ole_package, with_package
from tests.corpus.formats.documents import rtf

DATA = with_package(EICAR)
DIGITS = DATA.hex().encode()


def around(text: bytes) -> bytes:
    return b"{\\rtf1{\\object\\objemb{\\*\\objdata " + text + b"}}}"


def test_a_package_has_its_file_and_its_name() -> None:
    (member,) = (step for step in steps_of(open_rtf, rtf(ole_package(EICAR, b"a.com"))) if isinstance(step, Member))
    assert (member.name, member.content.raw, member.reading) == ("a.com", EICAR, "rtf-object")


def test_an_object_of_another_class_is_its_data() -> None:
    assert DATA in contents_of(steps_of(open_rtf, rtf(DATA)))


@pytest.mark.parametrize(
    "text",
    [
        DIGITS,
        DIGITS.upper(),
        b" \r\n\t".join(DIGITS[at : at + 7] for at in range(0, len(DIGITS), 7)),
        b"{\\*\\x abc}".join((DIGITS[:33], DIGITS[33:])),
        b"{\\x{\\y}}".join((DIGITS[:33], DIGITS[33:])),
        b"{" + DIGITS[:40] + b"}" + DIGITS[40:],
        b"\\par ".join((DIGITS[:33], DIGITS[33:])),
        b"\\par-12 ".join((DIGITS[:33], DIGITS[33:])),
        b"\\{\\~\\*".join((DIGITS[:33], DIGITS[33:])),
        b"xyz!\x00\xff".join((DIGITS[:33], DIGITS[33:])),
        b"\\'ff".join((DIGITS[:33], DIGITS[33:])),
        b"00 \\objdata " + DIGITS,
        b"\\bin%d " % len(DATA) + DATA,
        DIGITS[:40] + b"\\bin%d " % (len(DATA) - 20) + DATA[20:],
        DIGITS + b"0",
    ],
    ids=[
        "plain",
        "capitals",
        "spaces",
        "ignorable group",
        "groups",
        "half in a group",
        "word",
        "word and number",
        "signs",
        "other letters",
        "code",
        "begun anew",
        "binary",
        "half binary",
        "odd",
    ],
)
def test_digits_count_wherever_they_stand(text: bytes) -> None:
    """Closed or not."""
    for octets in (around(text), around(text).rstrip(b"}")):
        assert DATA in contents_of(steps_of(open_rtf, octets))


def test_data_in_other_places_are_shown_where_they_begin_like_a_file() -> None:
    """Themes and stores; pictures are left alone."""
    store = (
        b"{\\rtf1{\\*\\datastore " + DIGITS + b"}{\\pict\\jpegblip " + (b"\xff\xd8\xff" * 200).hex().encode() + b"}}"
    )
    assert contents_of(steps_of(open_rtf, store)) == [DATA]
    theme = zipped(bytes(range(256)))
    assert contents_of(steps_of(open_rtf, b"{\\rtf1 " + theme.hex().encode() * 1 + b"}")) == [theme]


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (
            around(b"0105000001000000" + b"05000000" + b"576f726400" + b"04000000" + b"783a7900" + b"00000000" * 2),
            "document.remote-object",
        ),
        (around(b"00" + b"e0c9ea79f9bace118c8200aa004ba90b"), "document.remote-object"),
        (b"{\\rtf1{\\*\\template http://a.example/x.dotm}}", "document.remote-template"),
        (b"{\\rtf1{\\*\\template \\\\\\\\a.example\\\\x.dotm}}", "document.remote-template"),
    ],
)
def test_what_is_fetched_from_elsewhere_is_suspicious(octets: bytes, name: str) -> None:
    found = [step for step in steps_of(open_rtf, octets) if isinstance(step, Obstacle)]
    assert {(step.name, step.severity) for step in found} == {(name, Severity.SUSPICIOUS)}


@pytest.mark.parametrize("octets", [b"{\\rtf1 Good morning.}", b"{\\rtf1{\\*\\template Normal.dotm}}", b"{\\rtf", b""])
def test_ordinary_texts_are_ordinary(octets: bytes) -> None:
    assert steps_of(open_rtf, octets) == []
    assert names_of(steps_of(open_rtf, octets)) == set()


@pytest.mark.parametrize(
    "piece",
    [
        b"\\objdata ",
        b"{\\objdata 41",
        b"{",
        b"}",
        b"\\'",
        b"\\bin1 ",
        b"41" * 120 + b"z",
        b"{\\*",
        b"\\",
        b"{\\template",
    ],
)
def test_repetition_takes_time_for_its_size_alone(piece: bytes) -> None:
    """A megabyte of anything."""
    octets = b"{\\rtf1\\objdata " + piece * ((1 << 20) // len(piece))
    started = time.process_time()
    for _ in open_rtf(whole(octets), Budget(time.process_time)):
        pass
    assert time.process_time() - started < 5


@given(
    st.lists(
        st.sampled_from(
            [b"\\objdata ", b"{", b"}", b"\\bin9", b"4", b"41", b"\\'", b"\\", b" ", b"\\*", b"0105000002000000"]
        )
    )
)
def test_pieces_in_any_order(pieces: list[bytes]) -> None:
    """Nothing raises."""
    steps_of(open_rtf, b"{\\rtf1\\objdata " + b"".join(pieces))
