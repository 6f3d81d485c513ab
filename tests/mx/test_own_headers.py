"""What is taken away from arriving headers, and that nothing else is."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.own_headers import Pieces, read_header_section, without_stamps
from tests.contracts.stamps import stamped

US, SERVICE = "mx.acme.example", "stamps.acme.example"


class Octets:
    """Content in pieces of a given size."""

    def __init__(self, octets: bytes, piece: int = 1 << 16) -> None:
        self._octets, self._piece = octets, piece

    @property
    def octets(self) -> int:
        return len(self._octets)

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self._octets), self._piece):
            yield self._octets[start : start + self._piece]


def forwarded(message: bytes, piece: int = 1 << 16, *, is_stamp_forged: bool = False) -> bytes:
    content = read_header_section(Octets(message, piece), US, SERVICE).forwarded(is_stamp_forged=is_stamp_forged)
    result = b"".join(content.chunks())
    assert content.octets == len(result)
    return result


STAMP = stamped().stamp.to_field().encode() + b"\r\n"
KEPT = [
    STAMP + b"Subject: a\r\n\r\nbody\r\n",
    b"Subject: a\r\n" + STAMP.replace(b"Pratique", b"PRATIQUE") + b"\r\nbody\r\n",
    b"Subject: a\r\n\r\nbody\r\n",
    b"\r\nPratique-Scanned: in the body\r\n",
    b"X-Pratique-Scanned: clean\r\n\r\nb\r\n",
    b"Subject: a\r\n Pratique-Scanned: folded\r\n\r\nb\r\n",
    b"X-Virus-Scanned: by somebody\r\n\r\nb\r\n",
    b"Authentication-Results: other.example; spf=pass\r\n\r\nb\r\n",
    b"Authentication-Results: mx.acme.example.evil.example; spf=pass\r\n\r\nb\r\n",
    b"pratique- no colon line\r\n\r\nb\r\n",
    b"",
]
TAKEN = [
    (b"Pratique-Scanned: clean\r\nSubject: a\r\n\r\nb\r\n", b"Subject: a\r\n\r\nb\r\n"),
    (b"Subject: a\r\npRATIQUE-stamp : v=1;\r\n x\r\n\ty\r\nTo: b\r\n\r\nb\r\n", b"Subject: a\r\nTo: b\r\n\r\nb\r\n"),
    (b"Pratique-Scanned: clean\r\n\r\nb\r\n", b"\r\nb\r\n"),
    (b"Pratique-Scanned: clean\r\n", b""),
    (b"A: b\r\nMIME-Ambiguity-Results: none\r\n\r\nb", b"A: b\r\n\r\nb"),
    (b"A: b\nPratique-Scanned: clean\n x\nC: d\r\n\r\n", b"A: b\nC: d\r\n\r\n"),
    (b"A: b\rPratique-Scanned: clean\rC: d\r\n\r\n", b"A: b\rC: d\r\n\r\n"),
    (b"Authentication-Results: (c) MX.acme.example 1; spf=pass\r\nA: b\r\n\r\n", b"A: b\r\n\r\n"),
    (b"Authentication-Results: Stamps.acme.example; dmarc=pass\r\nA: b\r\n\r\n", b"A: b\r\n\r\n"),
]


@pytest.mark.parametrize("message", KEPT)
@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_what_does_not_claim_to_be_ours_passes_unchanged(message: bytes, piece: int) -> None:
    """Not one byte changed."""
    assert forwarded(message, piece) == message


@pytest.mark.parametrize(("message", "left"), TAKEN)
@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_a_false_claim_is_taken_away_whole(message: bytes, left: bytes, piece: int) -> None:
    """The field goes with its folded lines, and nothing else does."""
    assert forwarded(message, piece) == left


@given(
    st.lists(
        st.sampled_from(
            [b"A: b\r\n", b" folded\r\n", b"\r\n", b"Pratique-X: 1\r\n", b"no colon\r\n", b"Received: x\r\n"]
        )
    )
)
def test_only_whole_fields_of_ours_are_missing(lines: list[bytes]) -> None:
    """Below the header section nothing changes, and above it only our names are gone."""
    message = b"".join(lines)
    end = message.find(b"\r\n\r\n") + 2 if not message.startswith(b"\r\n") else 0
    header = message if end == 1 else message[:end]
    result = forwarded(message, 5)
    assert result.endswith(message[len(header) :])
    assert b"\nPratique-X" not in b"\n" + result[: len(result) - len(message[len(header) :])]


def test_received_lines_are_counted_in_the_header_section_alone() -> None:
    """A forwarded message in the body brings no loop."""
    message = b"Received: a\r\nreceived : b\r\n\tfrom c\r\nX: y\r\n\r\nReceived: d\r\n"
    assert read_header_section(Octets(message, 3), US, SERVICE).received_lines == 2


def test_a_header_section_without_end_is_looked_at_in_its_first_mebibyte() -> None:
    """Memory stays flat, and what is left out is left as it is."""
    line = b"A: " + b"b" * 995 + b"\r\n"
    message = b"Pratique-Scanned: clean\r\n" + line * 3000 + b"Pratique-Scanned: clean\r\n"
    assert forwarded(message) == line * 3000 + b"Pratique-Scanned: clean\r\n"


@pytest.mark.parametrize(
    "stamps",
    [
        STAMP + STAMP,
        STAMP + b"Pratique-Stamp: clean\r\n",
        b"Pratique-Stamp: clean\r\n",
        b"Pratique-Stamp: \r\n",
        stamped(domain=US).stamp.to_field().encode() + b"\r\n",
        stamped(domain=SERVICE).stamp.to_field().encode() + b"\r\n",
    ],
)
def test_stamps_that_are_ours_or_none_or_several_are_taken_away(stamps: bytes) -> None:
    """The one of another service, in good form, stays (see KEPT): only its reader knows what it is worth."""
    message = stamps + b"Subject: a\r\n\r\nbody\r\n"
    assert forwarded(message) == forwarded(message, is_stamp_forged=True) == b"Subject: a\r\n\r\nbody\r\n"
    section = read_header_section(Octets(message), US, SERVICE)
    assert section.header == stamps + b"Subject: a\r\n" and section.stamp is None


@pytest.mark.parametrize("message", KEPT)
@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_a_forged_stamp_is_taken_away_and_nothing_else_is(message: bytes, piece: int) -> None:
    """Whole, with its folded lines, from wherever it stands; what has no stamp is what it was."""
    left = message.replace(STAMP, b"").replace(STAMP.replace(b"Pratique", b"PRATIQUE"), b"")
    assert forwarded(message, piece, is_stamp_forged=True) == left


def test_a_stamp_is_found_with_the_header_that_it_is_held_against() -> None:
    """Which is the header section without it, fields that claim to be ours included."""
    others = b"Pratique-Scanned: clean\r\nSubject: a\r\n"
    section = read_header_section(Octets(others + STAMP + b"To: b\r\n\r\n"), US, SERVICE)
    assert section.stamp is not None
    assert (section.stamp.field, section.stamp.header) == (STAMP, others + b"To: b\r\n")
    assert section.stamp.stamp == stamped().stamp


def test_the_names_of_what_was_taken_away_are_known() -> None:
    """Each once; a forged stamp is one of them."""
    stamp = STAMP if STAMP.endswith(b"\r\n") else STAMP + b"\r\n"
    claims = b"Pratique-Scanned: clean\r\nAuthentication-Results: " + US.encode() + b"; spf=pass\r\n"
    section = read_header_section(Octets(claims * 2 + stamp + b"Subject: a\r\n\r\nbody", 1 << 16), US, SERVICE)
    content = section.forwarded(is_stamp_forged=True)
    assert isinstance(content, Pieces)
    assert content.taken_away == ("Pratique-Scanned", "Authentication-Results", "Pratique-Stamp")
    left = section.forwarded(is_stamp_forged=False)
    assert isinstance(left, Pieces) and left.taken_away == ("Pratique-Scanned", "Authentication-Results")


def test_stamps_are_left_out_of_header_lines_of_agents() -> None:
    """Whole, however they are folded; nothing else is."""
    assert without_stamps(b"X-A: 1\r\nPRATIQUE-STAMP : v=1;\r\n\tb=2\r\nX-B: 2\r\n") == b"X-A: 1\r\nX-B: 2\r\n"
    assert without_stamps(b"") == b""
