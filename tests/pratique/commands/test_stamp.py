"""`pratique stamp`: the record of the key, and good and bad stamps."""

import base64
import hashlib
import time
from pathlib import Path

import pytest

from mx.stamp.form import Stamp, digest_of_recipients, merkle_root
from mx.stamp.seal import sign, signed_names
from pratique.secrets.stamp_key import open_signer, public_octets
from tests.pratique.commands.conftest import Pratique

HEADER = b"From: ann@s.example\r\nSubject: x\r\n"
TO = ("--from", "ann@s.example", "--to", "b@t.example")


@pytest.fixture
def message(tmp_path: Path, pratique: Pratique) -> Path:
    """A message with a good stamp of this service's key."""
    signer, now = open_signer(pratique.data, "mx.there.example"), int(time.time())
    digest = hashlib.sha256(b"").digest()
    stamp = Stamp(
        signer.domain, signer.selector, now, now + 60, "id", "n", "clean", (1, 1), digest, signed_names(HEADER),
        hashlib.sha256(b"body\r\n").digest(), (digest,), merkle_root([digest]),
        hashlib.sha256(b"ann@s.example").digest(), digest_of_recipients(["b@t.example"]),
    )  # fmt: skip
    path = tmp_path / "message.eml"
    path.write_bytes(sign(stamp, HEADER, signer.key).to_field().encode() + b"\r\n" + HEADER + b"\r\nbody\r\n")
    return path


def key(pratique: Pratique) -> str:
    """Its public key."""
    return base64.b64encode(public_octets(open_signer(pratique.data, "x").key)).decode()


def test_the_record_of_the_key_is_printed(pratique: Pratique) -> None:
    """As a line of a zone file."""
    assert '._pratique-stamp.service.example. TXT "v=1; k=ed25519; p=' in pratique.do("stamp", "key")


def test_a_good_stamp_is_good(pratique: Pratique, message: Path) -> None:
    """Also in a file that was saved with other line ends."""
    said = pratique.do("stamp", "verify", str(message), *TO, "--key", key(pratique))
    assert said.startswith("mx.there.example, ") and said.endswith(": good\n")
    message.write_bytes(message.read_bytes().replace(b"\r\n", b"\n"))
    assert pratique.do("stamp", "verify", str(message), *TO, "--key", key(pratique)).endswith(": good\n")


def test_a_bad_stamp_says_why(pratique: Pratique, message: Path) -> None:
    """Exit status 10."""
    other = pratique.run("stamp", "verify", str(message), "--to", "x@t.example", "--key", key(pratique))
    assert (other.exit_code, "other recipients" in other.stdout) == (10, True)
    message.write_bytes(message.read_bytes() + b"appended\r\n")
    appended = pratique.run("stamp", "verify", str(message), *TO, "--key", key(pratique))
    assert (appended.exit_code, "body has changed" in appended.stdout) == (10, True)
    message.write_bytes(message.read_bytes().replace(b"Subject: x", b"Subject: y"))
    changed = pratique.run("stamp", "verify", str(message), *TO, "--key", key(pratique))
    assert (changed.exit_code, "does not fit" in changed.stdout) == (10, True)


def test_a_message_without_one_stamp_is_refused(pratique: Pratique, message: Path) -> None:
    """None, two, or something that is none; a key that is none."""
    octets = message.read_bytes()
    assert pratique.refuse("stamp", "verify", str(message), *TO, "--key", "!") == "--key is not base64."
    message.write_bytes(octets.partition(b"From:")[0] + octets)
    assert "2 Pratique-Stamp fields" in pratique.refuse("stamp", "verify", str(message), *TO)
    message.write_bytes(HEADER + b"\r\n")
    assert "no Pratique-Stamp fields" in pratique.refuse("stamp", "verify", str(message), *TO)
    message.write_bytes(b"Pratique-Stamp: v=1\r\n" + HEADER + b"\r\n")
    assert "cannot be read" in pratique.refuse("stamp", "verify", str(message), *TO)
