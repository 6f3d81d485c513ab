"""The content of one member of a zip."""

import zlib

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded, Locked, Obstacle, Stretch, whole
from mx.anatomy.containers.zip.directory import ZipEntry
from mx.anatomy.containers.zip.members import BROKEN, ENCRYPTED, LIGHT_TOOLS, Tools, expand, unlock
from tests.contracts.archives import contents_of, names_alone

DEFLATED = zlib.compress(b"content", wbits=-15)
BUDGET = Budget(lambda: 0.0)


def entry(**other: object) -> ZipEntry:
    values = {
        "names": ("a",), "flags": 1, "method": 0, "time": 0, "checksum": zlib.crc32(b"plain"), "packed_octets": 5,
        "unpacked_octets": 5, "place": 0,
    }  # fmt: skip
    return ZipEntry(**values | other)  # type: ignore[arg-type]


def test_a_packed_member_ends_where_its_stream_ends() -> None:
    """Its size is not believed; that of a stored one must be."""
    content = whole(b"xx" + DEFLATED + b"behind")
    packed = expand(content, 2, 8, 1, LIGHT_TOOLS, BUDGET)
    assert packed.content is not None
    assert (packed.content.raw, packed.obstacle, packed.end) == (b"content", None, 2 + len(DEFLATED))
    assert expand(content, 2, 0, 99, LIGHT_TOOLS, BUDGET).obstacle == BROKEN


def test_methods_are_known_unknown_or_for_a_deeper_cell() -> None:
    """Light tools hand on what a library reads."""
    content = whole(DEFLATED)
    assert expand(content, 0, 6, 9, LIGHT_TOOLS, BUDGET).obstacle == Obstacle("zip-method")
    with pytest.raises(DeeperCellNeeded):
        expand(content, 0, 93, 9, LIGHT_TOOLS, BUDGET)
    with pytest.raises(DeeperCellNeeded):
        unlock(content, [entry()], LIGHT_TOOLS, BUDGET)


def _caesar(packed: Stretch, of: ZipEntry, password: bytes, budget: Budget) -> bytes | None:
    """A weak check: every password of one letter fits."""
    return bytes(octet ^ password[0] for octet in packed.raw) if len(password) == 1 else None


def _locked(*entries: ZipEntry) -> Locked:
    content = whole(bytes(octet ^ ord("k") for octet in b"plain") + bytes(octet ^ ord("l") for octet in b"plain"))
    return unlock(content, entries, Tools(LIGHT_TOOLS.methods, _caesar), BUDGET)


def test_a_password_counts_when_the_octets_bear_it_out() -> None:
    """The traditional encryption lets one wrong password of 256 through."""
    assert contents_of(list(_locked(entry()).open_with(["j", "k"]))) == [b"plain"]
    steps = list(_locked(entry()).open_with(["jj", "j"]))
    assert (steps[0], len(steps), names_alone(steps)) == (ENCRYPTED, 2, [entry().names])


def test_members_may_have_passwords_of_their_own() -> None:
    """Each is tried; what stays closed is said once."""
    steps = list(_locked(entry(), entry(place=5), entry(checksum=1)).open_with(["k", "l"]))
    assert contents_of(steps) == [b"plain", b"plain"]
    assert (steps[-2], names_alone(steps)) == (ENCRYPTED, [entry().names])
    assert steps.count(ENCRYPTED) == 1


def test_passwords_that_are_not_ascii_are_tried_in_two_charsets() -> None:
    """UTF-8, and windows-1252."""
    tried: list[bytes] = []

    def decrypt(packed: Stretch, of: ZipEntry, password: bytes, budget: Budget) -> None:
        tried.append(password)

    list(unlock(whole(b"x"), [entry()], Tools({}, decrypt), BUDGET).open_with(["ä"]))
    assert tried == [b"\xc3\xa4", b"\xe4"]
