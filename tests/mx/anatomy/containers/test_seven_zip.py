"""7z archives, plain and encrypted."""

import hashlib
import itertools

import pytest
from py7zr.helpers import calculate_key

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Locked, Obstacle, whole
from mx.anatomy.containers.libarchive import load
from mx.anatomy.containers.seven_zip import make_key, open_seven_zips
from mx.finding import Severity
from tests.contracts.archives import contents_of, made_by, names_alone, names_of, steps_of
from tests.contracts.mail import EICAR

READER = open_seven_zips(load())
FILES = {"a.com": EICAR, "b.txt": b"text " * 400}
NAMES = [(name,) for name in FILES]
CONTENTS = set(FILES.values())
METHODS = ["LZMA", "LZMA2", "BZip2", "Deflate", "Deflate64", "PPMd", "Copy"]


def made(*options: str) -> bytes:
    return made_by(["7z", "a", *options, "a.7z", *FILES], "a.7z", FILES)


@pytest.mark.parametrize("method", METHODS)
def test_opens_every_method(method: str) -> None:
    """One library or the other reads it."""
    steps = steps_of(READER, made(f"-m0={method}"))
    assert (set(contents_of(steps)) - {b""}, names_of(steps)) == (CONTENTS, set())


@pytest.mark.parametrize("method", [method for method in METHODS if method != "PPMd"])
@pytest.mark.parametrize("headers", ["on", "off"])
def test_opens_encrypted_ones_with_a_password(method: str, headers: str) -> None:
    """Whether the names are encrypted or not; without the password, encrypted is all that is said of the contents."""
    archive = made(f"-m0={method}", "-psecret", f"-mhe={headers}")
    assert set(contents_of(steps_of(READER, archive, ("wrong", "secret")))) - {b""} == CONTENTS
    steps = steps_of(READER, archive, ("wrong",))
    assert (names_of(steps), names_alone(steps)) == ({"encrypted.7z"}, NAMES if headers == "off" else [])
    assert EICAR not in contents_of(steps_of(READER, archive, ("wrong",)))


def test_ppmd_under_encryption_stays_encrypted() -> None:
    """Its library would start a thread, which a cell must not."""
    assert names_of(steps_of(READER, made("-m0=PPMd", "-psecret"), ("secret",))) == {"encrypted.7z"}


def test_tries_only_passwords_that_there_is_time_for() -> None:
    """The right one, too far down the list for the time that is left, is not reached: encrypted."""
    spent = itertools.count()
    (locked,) = (step for step in READER(whole(made("-psecret")), Budget(lambda: 0.0)) if isinstance(step, Locked))
    assert EICAR in contents_of(list(locked.open_with(["wrong"] * 20 + ["secret"])))
    slow = Budget(lambda: next(spent) / 10)
    (locked,) = (step for step in READER(whole(made("-psecret")), slow) if isinstance(step, Locked))
    assert next(locked.open_with(["wrong"] * 60 + ["secret"])) == Obstacle("encrypted.7z", Severity.ENCRYPTED)


def test_is_found_behind_a_stub_and_behind_another() -> None:
    """Self-extracting programs, and archives one after the other."""
    archive = made()
    assert set(contents_of(steps_of(READER, b"MZ stub 7z\xbc\xaf\x27\x1c of its own" + archive))) == CONTENTS
    assert set(contents_of(steps_of(READER, made_by(["7z", "a", "b.7z", "c"], "b.7z", {"c": b"c"}) + archive))) == {
        *CONTENTS,
        b"c",
    }


def test_damaged_ones_are_unscannable_and_mere_magic_is_odd() -> None:
    """By the checksum of the first header."""
    assert Obstacle("broken-7z") in steps_of(READER, made()[:-10])
    mere = steps_of(READER, b"7z\xbc\xaf\x27\x1c\0\4 and text")
    assert names_of(mere) == {"broken-7z"}
    assert not [step for step in mere if isinstance(step, Obstacle)]


@pytest.mark.parametrize("cycles", [0, 5, 8, 9, 16, 17, 19])
def test_keys_are_what_7_zip_makes_of_passwords(cycles: int) -> None:
    """The same as py7zr's own, in a tenth of its time."""
    password = "pass wörd".encode("utf-16-le")
    assert make_key(password, cycles, b"salt", "sha256") == calculate_key(password, cycles, b"salt", "sha256")
    assert len(make_key(password, 0x3F, b"", "sha256")) == hashlib.sha256().digest_size
