"""OneNote: embedded files."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.onenote import open_onenote
from tests.contracts.archives import contents_of, names_of, steps_of
from tests.contracts.mail import EICAR, zipped
from tests.corpus.formats.documents import onenote

FROM_SERVER = onenote(b"")[:16] + bytes(32) + bytes.fromhex("2fe98d63d4a6c14b9a36b3fc2511a5b7") + bytes(100)


def test_every_embedded_file() -> None:
    steps = steps_of(open_onenote, onenote(EICAR) + onenote(b"second"))
    assert contents_of(steps) == [EICAR, b"second"]
    assert names_of(steps) == set()


def test_a_length_that_covers_the_next_file_hides_nothing() -> None:
    """Nor one that reaches beyond the end."""
    octets = onenote(b"first") + onenote(EICAR)
    place = octets.index(b"first") - 20
    for length in (2000, 1 << 60):
        changed = octets[:place] + struct.pack("<Q", length) + octets[place + 8 :]
        assert EICAR in contents_of(steps_of(open_onenote, changed))
    assert names_of(steps_of(open_onenote, changed)) == {"broken-onenote"}


def test_a_section_from_a_server() -> None:
    """Its files are wrapped otherwise: each is shown from its own first octets."""
    found = contents_of(steps_of(open_onenote, FROM_SERVER + zipped(EICAR) + b"between" + b"MZ" + bytes(100)))
    assert any(content.startswith(zipped(EICAR)) for content in found)
    assert any(content.startswith(b"MZ") for content in found)


def test_a_section_without_files() -> None:
    assert steps_of(open_onenote, onenote(b"")[:1024]) == []


@given(st.binary(max_size=60), st.integers(0, 1200))
def test_damage_never_raises(change: bytes, place: int) -> None:
    """Wherever it is."""
    octets = onenote(EICAR)
    steps_of(open_onenote, octets[:place] + change + octets[place + len(change) :])
    steps_of(open_onenote, octets[:place])
