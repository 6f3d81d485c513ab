"""The deep readers are all readers."""

import itertools
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.libarchive import load
from mx.anatomy.deep_readers import DEEP_READERS, archive_readers, missing
from mx.anatomy.kinds import Kind
from mx.anatomy.readers import LIGHT_READERS
from mx.anatomy.walker import Anatomy, walk
from tests.contracts.archives import one_of_each
from tests.contracts.mail import EICAR, attached, base64_part, message, text_part, zipped

SAMPLES = Path("/usr/share/clamav-testfiles")
PROGRAM = "clam.exe"
OPENED = {
    "clam.7z", "clam.bin-be.cpio", "clam.bin-le.cpio", "clam.bz2.zip", "clam.cab", "clam.d64.zip", "clam.exe",
    "clam.exe.bz2", "clam.exe.mbox.base64", "clam.exe.mbox.uu", "clam.mail", "clam.newc.cpio", "clam.odc.cpio",
    "clam.tar.gz", "clam.tnef", "clam.zip", "clam_cache_emax.tgz",
}  # fmt: skip
UNREAD = {
    "clam.arj": "unread-container.arj",
    "clam.chm": "unread-container.chm",
    "clam.ea05.exe": "unread-container.autoit",
    "clam.ea06.exe": "unread-container.autoit",
    "clam-nsis.exe": "unread-container.nsis",
    "clam.exe.szdd": "unread-container.ms-compress",
    "clam.impl.zip": "zip-method",
    "clam.sis": "unread-container.sis",
    "clam_IScab_ext.exe": "unread-container.installshield",
    "clam_IScab_int.exe": "unread-container.installshield",
    "clam_ISmsi_ext.exe": "unread-container.installshield",
    "clam_ISmsi_int.exe": "unread-container.installshield",
}


@cache
def _archives() -> tuple[bytes, ...]:
    return tuple(one_of_each(b"several words of content " * 20).values())


def walked(octets: bytes) -> Anatomy:
    return walk(octets, Budget(itertools.repeat(0.0).__next__), DEEP_READERS)


def test_a_deep_cell_opens_everything_that_a_light_one_does() -> None:
    """No message is worse off in a deep cell."""
    assert LIGHT_READERS.by_kind.keys() <= DEEP_READERS.by_kind.keys()
    assert DEEP_READERS.is_deep
    assert not LIGHT_READERS.is_deep


def test_a_library_that_is_not_there_leaves_its_kinds_out() -> None:
    """They are unscannable then; where it is there, nothing is missing."""
    assert archive_readers(None).keys() == {Kind.ZIP, Kind.SEVEN_ZIP, Kind.ZSTD, Kind.TAR}
    if load() is not None:
        assert missing == ()


@pytest.mark.parametrize("sample", sorted(OPENED))
def test_each_sample_of_clamav_is_opened(sample: str) -> None:
    """One harmless program in many wrappings: its very octets are an artifact."""
    if not SAMPLES.is_dir():
        pytest.skip("clamav-testfiles is not installed")
    anatomy = walked(attached((SAMPLES / sample).read_bytes(), sample.encode()))
    program = (SAMPLES / PROGRAM).read_bytes()
    assert any(content.raw == program for content in anatomy.contents)
    assert anatomy.findings == ()


@pytest.mark.parametrize("sample", sorted(UNREAD))
def test_each_sample_that_is_not_opened_is_unscannable(sample: str) -> None:
    """By its name: never clean."""
    if not SAMPLES.is_dir():
        pytest.skip("clamav-testfiles is not installed")
    anatomy = walked(attached((SAMPLES / sample).read_bytes(), sample.encode()))
    assert UNREAD[sample] in {found.name for found in anatomy.findings}


@pytest.mark.parametrize("form", sorted(one_of_each(b"x") if load() is not None else ()))
def test_every_form_is_opened_within_another(form: str) -> None:
    """Twice zipped, and with the password in the text."""
    archive = one_of_each(EICAR)[form]
    anatomy = walked(message(text_part(b"The password is secret.\r\n"), base64_part(zipped(zipped(archive)))))
    assert any(content.raw == EICAR for content in anatomy.contents)
    assert anatomy.findings == ()


@pytest.mark.skipif(load() is None, reason="libarchive is not installed")
@given(st.data(), st.binary(min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_mutated_archives_raise_nothing(data: st.DataObject, change: bytes) -> None:
    """Whatever octets are changed: findings, and no exception."""
    archive = data.draw(st.sampled_from(_archives()))
    place = data.draw(st.integers(0, min(len(archive), 4096)))
    walked(message(text_part(b"secret\r\n"), base64_part(archive[:place] + change + archive[place + len(change) :])))
