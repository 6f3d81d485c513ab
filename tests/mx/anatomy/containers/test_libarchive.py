"""libarchive, as the readers of archives ask for it."""

import subprocess
import sys

import pytest

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.containers.libarchive import Asked, Entry, Failure, LibArchive, load
from tests.contracts.archives import one_of_each, written_by_libarchive
from tests.contracts.mail import EICAR, base64_part, message, text_part

CPIO = Asked(("cpio",))


@pytest.fixture(scope="module")
def library() -> LibArchive:
    """The library of this machine."""
    loaded = load()
    if loaded is None:
        pytest.skip("libarchive is not installed")
    return loaded


def found(library: LibArchive, octets: bytes, asked: Asked, limits: Limits | None = None) -> list[Entry | Failure]:
    return list(library.entries(whole(octets), asked, Budget(lambda: 0.0, limits)))


def test_reads_within_a_stretch(library: LibArchive) -> None:
    """Nothing before or behind it, and nothing is copied for it."""
    archive = written_by_libarchive("cpio_newc", {"ünï.com": EICAR})
    framed = Stretch(b"before" + archive + b"behind", 6, 6 + len(archive))
    (entry,) = library.entries(framed, CPIO, Budget(lambda: 0.0))
    assert entry == Entry(("ünï.com",), EICAR, is_file=True, is_encrypted=False)


def test_a_machine_without_the_library_is_told() -> None:
    """No exception: the formats are left out."""
    assert load(("libnothing.so.99",)) is None


def test_what_is_not_there_is_a_failure(library: LibArchive) -> None:
    """At the start, or after what could be read."""
    archive = written_by_libarchive("cpio_newc", {"a": b"one", "b": b"two" * 999})
    (failure,) = found(library, b"no archive at all", CPIO)
    assert isinstance(failure, Failure)
    assert failure.is_at_start
    first, *_, last = found(library, archive[:1500], CPIO)
    assert isinstance(first, Entry)
    assert first.octets == b"one"
    assert isinstance(last, Failure)
    assert not last.is_at_start
    assert found(library, b"", CPIO) == []


def test_octets_are_charged(library: LibArchive) -> None:
    """More than the budget has ends the reading, whatever sizes are stated."""
    archive = written_by_libarchive("cpio_newc", {"a": bytes(3 << 20)}, packing="gzip")
    asked = Asked(("cpio",), ("gzip",))
    with pytest.raises(LimitReached, match="octets"):
        found(library, archive, asked, Limits(unpacked_octets=1 << 20))
    with pytest.raises(LimitReached, match="ratio"):
        found(library, archive, asked, Limits(ratio=10, ratio_from_octets=1 << 16))


CONFINED = """
import sys
from mx.anatomy.budget import Budget
from mx.anatomy.charsets import load_charsets
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import walk
from mx.cell.confinement import confine
eicar, *messages = [bytes.fromhex(line) for line in sys.stdin.read().split()]
load_charsets()
confine()
for message in messages:
    anatomy = walk(message, Budget(lambda: 0.0), DEEP_READERS)
    print([found.name for found in anatomy.findings], any(content.raw == eicar for content in anatomy.contents))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_every_format_is_read_in_a_confined_process(library: LibArchive) -> None:
    """No file is opened, no thread or program started: what would need one has been loaded before."""
    text = text_part(b"Its password: secret\r\n")
    messages = [message(text, base64_part(archive)) for archive in one_of_each(EICAR).values()]
    given = "\n".join(octets.hex() for octets in (EICAR, *messages))
    done = subprocess.run(
        [sys.executable, "-c", CONFINED], input=given, capture_output=True, text=True, timeout=60, env={}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[] True"] * len(messages)
