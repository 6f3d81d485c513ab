"""Zip archives, in every reading."""

import hashlib
import io
import itertools
import os
import zipfile

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import DeeperCellNeeded, Member, Obstacle, Oddity, Step, whole
from mx.anatomy.containers.libarchive import load
from mx.anatomy.containers.zip.archive import open_zip, zip_reader
from mx.anatomy.containers.zip.libraries import deep_tools
from mx.finding import Severity
from tests.contracts.archives import contents_of, made_by, names_alone, names_of, steps_of
from tests.contracts.mail import EICAR, encrypted_zip, zipped
from tests.corpus.formats.zips import Member as Entry
from tests.corpus.formats.zips import deflate, zip_of

BROKEN = Obstacle("broken-zip")
ENCRYPTED = Obstacle("encrypted.zip", Severity.ENCRYPTED)
DEEP = zip_reader(deep_tools(load()))
SEEDS = [zipped(b"content" * 9), encrypted_zip(), zipped(b"x" * 99, method=zipfile.ZIP_LZMA)]


NO_TIME = itertools.repeat(0.0).__next__


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
    assert len(set(contents(bytes(raw)))) == 2
    assert set(oddities(bytes(raw))) == {"zip-disagreement"}


@pytest.mark.parametrize("places", [("own",), ("listed",), ("own", "listed")])
def test_a_member_that_says_it_is_encrypted_and_is_not_is_read(places: tuple[str, ...]) -> None:
    """For programs that ignore the flag; its checksum shows that this is all there is."""
    raw = bytearray(zipped(b"content"))
    for place in places:
        raw[6 if place == "own" else raw.index(b"PK\1\2") + 8] |= 1
    steps = steps_of(DEEP, bytes(raw))
    assert contents_of(steps) == [b"content"]
    assert names_of(steps) == {"zip-disagreement"}


def test_with_another_checksum_both_readings_are_kept() -> None:
    """A whole stream comes out, and yet it may be something else under a password."""
    raw = bytearray(zipped(b"content"))
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 16] ^= 1
    steps = steps_of(DEEP, bytes(raw))
    assert contents_of(steps) == [b"content"]
    assert ENCRYPTED in steps


def test_encrypted_members_are_opened_with_a_password() -> None:
    """The traditional encryption; without the password the severity is encrypted, not unscannable."""
    archive = encrypted_zip(EICAR, b"Zw!ng3r")
    assert contents_of(steps_of(DEEP, archive, ("wrong", "Zw!ng3r"))) == [EICAR]
    steps = steps_of(DEEP, archive, ("wrong",))
    assert (steps[0], contents_of(steps), len(steps)) == (ENCRYPTED, [], 2)


def test_what_stays_encrypted_is_there_by_every_name() -> None:
    """That of the directory and that of its own header, wherever it stands; what is opened has its content."""
    archive = encrypted_zip(EICAR, b"Zw!ng3r")
    [(name,)] = names_alone(steps_of(DEEP, archive))
    own = archive.index(name.encode())
    renamed = archive[:own] + b"X" + archive[own + 1 :]
    assert names_alone(steps_of(DEEP, renamed)) == [(name, "X" + name[1:])]
    no_directory = archive[: archive.index(b"PK\1\2")]
    assert names_alone(steps_of(DEEP, no_directory)) == [(name,)]
    assert names_alone(steps_of(DEEP, archive, ("Zw!ng3r",))) == []


@pytest.mark.parametrize("encryption", ["AES128", "AES192", "AES256", "ZipCrypto"])
@pytest.mark.parametrize("method", ["Copy", "Deflate", "Deflate64", "BZip2", "LZMA", "PPMd"])
def test_every_encryption_of_every_method_is_opened(encryption: str, method: str) -> None:
    """As 7-Zip writes them."""
    command = ["7z", "a", "-tzip", f"-mm={method}", f"-mem={encryption}", "-psecret", "a.zip", "a.com"]
    archive = made_by(command, "a.zip", {"a.com": EICAR * 9})
    assert contents_of(steps_of(DEEP, archive, ("wrong", "secret"))) == [EICAR * 9]
    steps = steps_of(DEEP, archive, ("wrong",))
    assert (names_of(steps), names_alone(steps)) == ({"encrypted.zip"}, [("a.com",)])


@pytest.mark.parametrize(("encryption", "salt_octets", "key_octets"), [("AES128", 8, 16), ("AES256", 16, 32)])
def test_a_word_that_only_seems_to_fit_opens_nothing(encryption: str, salt_octets: int, key_octets: int) -> None:
    """Whoever makes an archive can choose a salt for which any word passes AES's two octets: what it gives is noise."""
    command = ["7z", "a", "-tzip", "-mm=Copy", f"-mem={encryption}", "-psecret", "a.zip", "a.com"]
    archive = bytearray(made_by(command, "a.zip", {"a.com": EICAR}))
    salt = 30 + int.from_bytes(archive[26:28], "little") + int.from_bytes(archive[28:30], "little")
    place = salt + salt_octets
    keys = hashlib.pbkdf2_hmac("sha1", b"wrong", archive[salt:place], 1000, 2 * key_octets + 2)
    archive[place : place + 2] = keys[-2:]
    steps = steps_of(DEEP, bytes(archive), ("wrong",))
    assert (names_of(steps), contents_of(steps), names_alone(steps)) == ({"encrypted.zip"}, [], [("a.com",)])


def test_streamed_members_under_encryption_are_opened() -> None:
    """Their password is checked by the time, because the checksum comes later."""
    archive = made_by(["zip", "-q", "-P", "secret", "a.zip", "a.com"], "a.zip", {"a.com": EICAR * 9})
    assert archive[6] & 9 == 9
    assert contents_of(steps_of(DEEP, archive, ("secret",))) == [EICAR * 9]


@pytest.mark.parametrize("octets", [encrypted_zip(), zipped(b"x")[:8] + b"\x09" + zipped(b"x")[9:]])
def test_a_light_cell_hands_on_what_needs_a_library(octets: bytes) -> None:
    """Nothing is decided about it there."""
    with pytest.raises(DeeperCellNeeded):
        steps(octets)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_methods_of_the_standard_library_are_read_in_every_cell(method: int) -> None:
    """Each ends where its stream ends."""
    assert contents(zipped(b"content", method=method)) == [b"content"]


@pytest.mark.parametrize("method", ["Deflate64", "PPMd", "XZ"])
def test_other_methods_are_read_in_a_deep_cell(method: str) -> None:
    """As 7-Zip writes them."""
    archive = made_by(["7z", "a", "-tzip", f"-mm={method}", "a.zip", "a.com"], "a.zip", {"a.com": EICAR * 9})
    assert contents_of(steps_of(DEEP, archive)) == [EICAR * 9]


def test_zstd_is_read_in_a_deep_cell() -> None:
    """Method 93."""
    raw = bytearray(zipped(zstd.compress(EICAR), method=0))
    for place in (8, raw.index(b"PK\1\2") + 10):
        raw[place] = 93
    assert contents_of(steps_of(DEEP, bytes(raw))) == [EICAR]


def test_methods_that_nobody_reads_are_unscannable() -> None:
    """Imploded, say."""
    raw = bytearray(zipped(b"content"))
    raw[8] = raw[raw.index(b"PK\1\2") + 10] = 6
    assert Obstacle("zip-method") in steps(bytes(raw))


def test_every_name_of_a_member_is_told() -> None:
    """Of the directory, of its own header, of the Unicode field, up to a NUL, and by other character sets."""
    raw = zipped(b"content", name="shown.txt")
    other = raw.replace(b"shown.txt", b"own.com\0x", 1)
    (member,) = (step for step in steps(other) if isinstance(step, Member))
    assert {member.name, *member.names} == {"shown.txt", "own.com\0x", "own.com"}
    cp437 = zipped(b"x", name="aaa.txt").replace(b"aaa.txt", b"\xe4aa.txt")
    (member,) = (step for step in steps(cp437) if isinstance(step, Member))
    assert {member.name, *member.names} == {"\u03a3aa.txt", "\ufffdaa.txt", "äaa.txt"}


def test_the_unicode_field_names_a_member_too() -> None:
    """Version, checksum of the plain name, name."""
    info = zipfile.ZipInfo("plain.txt")
    info.extra = (0x7075).to_bytes(2, "little") + (12).to_bytes(2, "little") + bytes(5) + b"bad.com"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(info, b"x")
    (member,) = (step for step in steps(file.getvalue()) if isinstance(step, Member))
    assert member.names == ("bad.com",)


@given(st.binary(min_size=1, max_size=8), st.integers(0, 200), st.sampled_from(SEEDS))
@settings(max_examples=300, deadline=None)
def test_mutated_archives_raise_nothing(change: bytes, place: int, seed: bytes) -> None:
    """Whatever octets are changed."""
    octets = seed[: place % len(seed)] + change + seed[place % len(seed) + len(change) :]
    steps_of(DEEP, octets, ("secret",))


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


def test_entries_that_share_a_member_count_each() -> None:
    """It is read once, but it costs what it would cost whoever unpacks the archive."""
    content = bytes(1000)
    others = [Entry(b"", b"%d" % number, offset=0, central_sizes=(9, 1000), packed=b"") for number in range(9)]
    shared = zip_of(Entry(content), *others)
    assert [len(each) for each in contents_of(open_zip(whole(shared), Budget(NO_TIME)))] == [1000]
    with pytest.raises(LimitReached, match="octets"):
        contents_of(open_zip(whole(shared), Budget(NO_TIME, Limits(unpacked_octets=9999))))
    contents_of(open_zip(whole(shared), Budget(NO_TIME, Limits(unpacked_octets=10_000))))


def test_octets_that_only_begin_like_a_zip_are_no_zip() -> None:
    """An oddity, no obstacle."""
    assert steps(b"PK\3\4 says the text") == [Oddity(steps(b"PK\3\4 says the text")[0].name)]  # type: ignore[union-attr, arg-type]


@pytest.mark.parametrize("is_listed", [True, False])
def test_what_is_said_to_be_stored_and_was_packed_is_unpacked(is_listed: bool) -> None:
    """Its checksum tells: programs that look at what it is get the file."""
    octets = zip_of(Entry(EICAR, method=0, packed=deflate(EICAR), is_listed=is_listed))
    assert EICAR in contents(octets)
    assert Oddity(AmbiguityName.ZIP_DISAGREEMENT) in steps(octets)


def test_a_stored_member_with_its_checksum_is_what_it_is() -> None:
    """A deflate stream that somebody stored is a file like any other."""
    packed = deflate(EICAR)
    assert contents(zip_of(Entry(packed, method=0))) == [packed]
