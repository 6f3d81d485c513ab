"""Zip archives, in every reading."""

import io
import os
import zipfile

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, whole
from mx.anatomy.containers.zip import open_zip
from mx.finding import Severity
from tests.contracts.mail import encrypted_zip, zipped

BROKEN = Obstacle("broken-zip")


def steps(octets: bytes) -> list[Step]:
    return list(open_zip(whole(octets), Budget(lambda: 0.0)))


def contents(octets: bytes) -> list[bytes]:
    return [step.content.raw for step in steps(octets) if isinstance(step, Member)]


def oddities(octets: bytes) -> list[str]:
    return [step.name.value for step in steps(octets) if isinstance(step, Oddity)]


class _Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *arguments: int) -> int:
        raise OSError


def _streamed(method: int) -> bytes:
    """Sizes behind the members, as a program writes that cannot go back."""
    file = _Unseekable()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a", b"content")
    return file.getvalue()


def _several() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/a", b"one")
        archive.writestr("b", os.urandom(100_000))
        archive.writestr("empty", b"")
    return file.getvalue()


@pytest.mark.parametrize(
    "octets",
    [zipped(b"content"), zipped(b"content", method=0), _streamed(0), _streamed(8), b"stub" + zipped(b"content")],
)
def test_opens(octets: bytes) -> None:
    """Stored or deflated, streamed or not, behind other octets or not: one member, nothing odd."""
    assert contents(octets) == [b"content"]
    assert [step for step in steps(octets) if not isinstance(step, Member)] == []


def test_folders_are_no_members_and_empty_files_are() -> None:
    """Three files in their order."""
    assert [len(octets) for octets in contents(_several())] == [3, 100_000, 0]


def test_a_zip_stored_in_a_zip_hides_nothing() -> None:
    """The inner archive's headers are content of the outer's member, not hidden members."""
    inner = zipped(b"content", method=0)
    assert contents(zipped(inner, method=0)) == [inner]
    assert oddities(zipped(inner, method=0)) == []


HIDDEN = {
    "two zips joined": zipped(b"hidden") + zipped(b"shown"),
    "after the directory": zipped(b"shown")[:-22] + zipped(b"hidden")[: -22 - 54] + zipped(b"shown")[-22:],
    "no entry in the directory": zipped(b"hidden")[: -22 - 54] + zipped(b"shown"),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_members_that_no_directory_lists_are_read(case: str) -> None:
    """They come out, and the oddity says so."""
    assert b"hidden" in contents(HIDDEN[case])
    assert set(oddities(HIDDEN[case])) & {"zip-hidden-member", "broken-zip"}


def test_a_zip_without_its_directory_is_read() -> None:
    """The headers before the members suffice."""
    assert contents(_several()[: _several().index(b"PK\1\2")])[0] == b"one"
    assert oddities(_several()[: _several().index(b"PK\1\2")]) == ["broken-zip"]


def test_where_directory_and_header_differ_both_are_read() -> None:
    """The directory says deflated, the header says stored."""
    raw = bytearray(zipped(b"content"))
    raw[8] = 0
    assert b"content" in contents(bytes(raw))
    assert len(contents(bytes(raw))) == 2
    assert oddities(bytes(raw)) == ["zip-disagreement"]


@pytest.mark.parametrize("place", [6, None])
def test_one_flag_of_two_that_says_encrypted_is_believed_and_tried(place: int | None) -> None:
    """A finding, and the content for programs that ignore the flag."""
    raw = bytearray(zipped(b"content"))
    raw[raw.index(b"PK\1\2") + 8 if place is None else place] |= 1
    assert Obstacle("zip-encrypted", Severity.ENCRYPTED) in steps(bytes(raw))
    assert contents(bytes(raw)) == [b"content"]


def test_encrypted_members_are_encrypted() -> None:
    """Nothing comes out; the severity is encrypted, not unscannable."""
    assert [step for step in steps(encrypted_zip()) if not isinstance(step, Member)] == [
        Obstacle("zip-encrypted", Severity.ENCRYPTED)
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_other_methods_are_unscannable(method: int) -> None:
    """What nobody here unpacks is never clean."""
    assert Obstacle("zip-method") in steps(zipped(b"content", method=method))


DAMAGED = {
    "cut": zipped(os.urandom(5000))[:400],
    "stored and cut": zipped(os.urandom(5000), method=0)[:400],
    "a place that is none": zipped(b"content")[:-6] + b"\x09\0\0\0\0\0",
    "a member overwritten": zipped(b"content" * 99)[:38] + b"\xff" * 10 + zipped(b"content" * 99)[48:],
}


@pytest.mark.parametrize("case", DAMAGED)
def test_members_that_cannot_be_expanded_are_unscannable(case: str) -> None:
    """A structure is there, its content is not."""
    assert BROKEN in steps(DAMAGED[case]) or contents(DAMAGED[case]) == [b"content"]


def test_octets_that_only_begin_like_a_zip_are_no_zip() -> None:
    """An oddity, no obstacle."""
    assert steps(b"PK\3\4 says the text") == [Oddity(steps(b"PK\3\4 says the text")[0].name)]  # type: ignore[union-attr, arg-type]
