"""A zip's own structures."""

import io
import zipfile

import pytest

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.containers.zip.directory import read_directory, read_own_header
from tests.contracts.mail import zipped


def entries(octets: bytes) -> list[tuple[str, int]]:
    return [(entry.name, entry.place) for entry in read_directory(whole(octets), Budget(lambda: 0.0))]


def test_places_count_from_the_archive_s_beginning() -> None:
    """Octets before the archive move all places by their number."""
    assert entries(zipped(b"x", "a")) == [("a", 0)]
    assert entries(b"stub" + zipped(b"x", "a")) == [("a", 4)]


def _zip64() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(b"x")
    return file.getvalue()


def _with_zip64_end() -> bytes:
    plain = zipped(b"x", "a", method=0)
    end = plain.index(b"PK\5\6")
    directory = plain.index(b"PK\1\2")
    end64 = b"PK\6\6" + (44).to_bytes(8, "little") + bytes(12) + (1).to_bytes(8, "little") * 2
    end64 += (end - directory).to_bytes(8, "little") + directory.to_bytes(8, "little")
    locator = b"PK\6\7" + bytes(4) + end.to_bytes(8, "little") + bytes(4)
    return plain[:end] + end64 + locator + plain[end : end + 12] + b"\xff" * 8 + b"\0\0"


@pytest.mark.parametrize("octets", [_zip64(), _with_zip64_end()])
def test_zip64_is_read(octets: bytes) -> None:
    """The larger numbers are used where the plain ones say so."""
    assert entries(octets) == [("a", 0)]


def test_names_are_utf8_or_cp437() -> None:
    """The flag decides."""
    assert entries(zipped(b"x", "grün"))[0][0] == "grün"


@pytest.mark.parametrize(
    "octets",
    [b"", b"PK\5\6", b"PK\5\6" + b"\xff" * 18, b"PK\5\6" + bytes(18), b"PK\6\7" + bytes(16) + b"PK\5\6" + bytes(18)],
)
def test_no_directory_has_no_entries(octets: bytes) -> None:
    """Cut or empty ends, and places outside, give nothing."""
    assert entries(octets) == []


def test_more_entries_than_artifacts_are_refused() -> None:
    """A directory of millions is not read to its end."""
    entry = zipped(b"x", "a")
    start, end = entry.index(b"PK\1\2"), entry.index(b"PK\5\6")
    many = entry[start:end] * 20
    octets = many + entry[end : end + 12] + len(many).to_bytes(4, "little") + bytes(6)
    with pytest.raises(LimitReached, match="artifacts"):
        read_directory(whole(octets), Budget(lambda: 0.0, Limits(artifacts=10)))


def test_own_headers_must_make_sense() -> None:
    """Wrong signature, unknown method, no name, or cut: no header."""
    octets = zipped(b"x", "a")
    assert read_own_header(whole(octets), 0) is not None
    for broken in (
        b"x" + octets[1:],
        octets[:8] + b"\x50" + octets[9:],
        octets[:26] + b"\0" + octets[27:],
        octets[:20],
    ):
        assert read_own_header(whole(broken), 0) is None
    assert read_own_header(Stretch(octets, 1, len(octets)), 0) is None
