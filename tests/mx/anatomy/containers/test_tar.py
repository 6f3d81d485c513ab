"""Tar archives."""

import io
import tarfile

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.archive import FORMATS, archive_reader
from mx.anatomy.containers.contract import DeeperCellNeeded, Member, Obstacle, Oddity, Step, whole
from mx.anatomy.containers.libarchive import load
from mx.anatomy.containers.tar import deep_tar_reader, open_tar
from tests.contracts.archives import contents_of, made_by, names_of, steps_of
from tests.contracts.mail import tarred


def steps(octets: bytes) -> list[Step]:
    return list(open_tar(whole(octets), Budget(lambda: 0.0)))


def members(octets: bytes) -> list[tuple[str, bytes]]:
    return [(step.name, step.content.raw) for step in steps(octets) if isinstance(step, Member)]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["a.txt", "folder/" + "n" * 80, "deep/" * 30 + "long.txt"])
def test_opens_every_form(form: int, name: str) -> None:
    """Names of any length, in ustar, GNU and pax."""
    assert members(tarred(b"content", name, form)) == [(name, b"content")]


def test_reads_one_after_another_and_skips_what_has_no_content() -> None:
    """Folders and links are no artifacts; files keep their order."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind in (("d", tarfile.DIRTYPE), ("l", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type = kind
            archive.addfile(member)
        for name in ("a", "b"):
            member = tarfile.TarInfo(name)
            member.size = 600
            archive.addfile(member, io.BytesIO(name.encode() * 600))
    assert members(file.getvalue()) == [("a", b"a" * 600), ("b", b"b" * 600)]


def test_archives_joined_to_one_are_all_read() -> None:
    """Zero blocks do not end the reading."""
    assert members(tarred(b"one", "1") + tarred(b"two", "2")) == [("1", b"one"), ("2", b"two")]


def test_a_cut_member_is_what_is_left_of_it() -> None:
    """Shorter than it claims: an oddity."""
    first, oddity = steps(tarred(b"x" * 2000)[:1000])
    assert isinstance(first, Member)
    assert first.content.octets == 488
    assert isinstance(oddity, Oddity)


def test_what_follows_a_break_is_kept_whole() -> None:
    """The rest is one artifact, and the break is an oddity."""
    found = members(tarred(b"x")[:1024] + b"junk" * 200)
    assert found == [("file.bin", b"x"), ("after the break", b"junk" * 200)]


def test_a_pax_size_counts() -> None:
    """The extended header's size replaces the field's, as it does for files above 8 GiB."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a")
        member.size = 3
        member.pax_headers = {"size": "3"}
        archive.addfile(member, io.BytesIO(b"abc"))
    assert members(file.getvalue()) == [("a", b"abc")]


def test_a_number_of_binary_form_is_read() -> None:
    """GNU's base 256, even one that is absurd."""
    block = bytearray(tarred(b"x", form=tarfile.GNU_FORMAT)[:512])
    block[124:136] = b"\x80" + bytes(10) + b"\2"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert members(bytes(block) + b"abcdef")[0] == ("file.bin", b"ab")


def test_every_name_of_a_member_is_told() -> None:
    """The one of pax or GNU, and the one that a program without them shows."""
    long = "long " * 30 + ".exe"
    (member,) = (step for step in steps(tarred(b"x", long, tarfile.GNU_FORMAT)) if isinstance(step, Member))
    assert (member.name, member.names) == (long, (long[:100],))


@pytest.mark.parametrize("form", ["gnu", "pax"])
@pytest.mark.parametrize("version", ["0.0", "0.1", "1.0"])
def test_sparse_files_are_put_together_in_a_deep_cell(form: str, version: str) -> None:
    """With their holes; the pieces as they stand are members too, and a light cell hands the archive on."""
    content = b"".join(b"piece %d" % number * 500 + bytes(100_000) for number in range(9)) + b"end"
    pack = f"cp --sparse=always a s; tar -cSf a.tar --format={form} --sparse-version={version} s"
    archive = made_by(["sh", "-c", pack], "a.tar", {"a": content})
    with pytest.raises(DeeperCellNeeded):
        steps(archive)
    library = load()
    if library is None:
        assert Obstacle("tar-sparse") in steps_of(deep_tar_reader(None), archive)
        return
    opened = steps_of(deep_tar_reader(archive_reader(library, FORMATS["tar"])), archive)
    assert content in contents_of(opened)
    assert names_of(opened) == set()
