"""The list of ambiguities, and for each one a message that has it and hides a virus behind it."""

import base64
import itertools
import re

import pytest

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.readers import LIGHT_READERS
from mx.anatomy.walker import Anatomy, walk
from tests.contracts.mail import EICAR, attached, base64_part, message, text_part

LETTERS = base64.b64encode(EICAR)
CODES = b"".join(b"=%02X" % octet for octet in EICAR)
CODED = b"Content-Transfer-Encoding: base64\r\n\r\n" + LETTERS + b"\r\n"
PART = b"--b\r\nContent-Type: application/octet-stream\r\n" + CODED
HEAD = b"From: a@sender.example\r\nMIME-Version: 1.0\r\n"


def anatomy_of(octets: bytes) -> Anatomy:
    return walk(octets, Budget(lambda: 0.0), LIGHT_READERS)


def has_eicar(anatomy: Anatomy) -> bool:
    return any(EICAR in content.raw for content in anatomy.contents)


def mixed(parameters: bytes, body: bytes = PART + b"--b--\r\n") -> bytes:
    return HEAD + b"Content-Type: multipart/mixed" + parameters + b"\r\n\r\n" + body


def of_part(header: bytes, body: bytes = LETTERS, end: bytes = b"\r\n\r\n") -> bytes:
    """A message whose second part has this header and body."""
    part = b"Content-Type: application/octet-stream\r\n" + header + end + body
    return message(text_part(), part)


CASES = {
    "duplicate-content-type": HEAD + b"Content-Type: text/plain\r\n" + mixed(b"; boundary=b"),
    "duplicate-content-transfer-encoding": of_part(
        b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64"
    ),
    "duplicate-parameter": mixed(b"; boundary=x; boundary=b"),
    "content-type-unreadable": mixed(b" (comment) boundary='b'"),
    "unknown-transfer-encoding": of_part(b"Content-Transfer-Encoding: base-64"),
    "encoded-multipart": HEAD
    + b"Content-Transfer-Encoding: base64\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + base64.encodebytes(PART + b"--b--\r\n"),
    "base64-noncanonical": of_part(b"Content-Transfer-Encoding: base64", b".".join(bytes([each]) for each in LETTERS)),
    "quoted-printable-noncanonical": of_part(
        b"Content-Transfer-Encoding: quoted-printable", CODES.replace(b"=35", b"=\t=35")
    ),
    "boundary-absent": mixed(b""),
    "boundary-not-found": mixed(b"; boundary=other"),
    "boundary-unclosed": mixed(b"; boundary=b", PART),
    "boundary-whitespace": mixed(b'; boundary=" b "'),
    "boundary-empty": mixed(b'; boundary=""', PART.replace(b"--b", b"--") + b"----\r\n"),
    "boundary-in-pieces": mixed(b"; boundary*0*=us-ascii'en'%62"),
    "boundary-misplaced": mixed(b"; boundary=b", b"text\r" + PART + b" --b--\r\n"),
    "boundary-prefix": mixed(b"; boundary=b", PART.replace(b"--b\r\n", b"--b and more\r\n") + b"--b--\r\n"),
    "parts-after-close": mixed(b"; boundary=b", b"--b\r\n\r\ntext\r\n--b--\r\n" + PART + b"--b--\r\n"),
    "undeclared-parts": mixed(b"; boundary=b", PART.removeprefix(b"--b\r\n") + b"--b\r\n\r\ntext\r\n--b--\r\n"),
    "header-nul": of_part(b"Content-Transfer-Encoding: bas\0e64"),
    "header-control": of_part(b"X: y\x0bContent-Transfer-Encoding: base64"),
    "header-malformed": of_part(b"no field at all\r\nContent-Transfer-Encoding: base64"),
    "header-name-whitespace": of_part(b"Content-Transfer-Encoding : base64"),
    "header-name-unusual": of_part(b"Content-Transfer-(x)Encoding: base64"),
    "header-folded-field": of_part(b"X: y\r\n Content-Transfer-Encoding: base64"),
    "header-blank-fold": of_part(b"X: y\r\n \t\r\nContent-Transfer-Encoding: base64"),
    "leading-blank-lines": b"\r\n\r\n" + attached(EICAR),
    "bare-cr-in-header": of_part(b"X: y\rContent-Transfer-Encoding: base64"),
    "bare-lf": of_part(b"X: y\nContent-Transfer-Encoding: base64"),
}
OF_CONTAINERS = frozenset({"tnef-checksum", "zip-disagreement", "zip-hidden-member", "gzip-trailing"})


def test_names_are_fit_for_headers_and_traces() -> None:
    """Each is lower-case words with hyphens, and each stands once."""
    values = [name.value for name in AmbiguityName]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value) for value in values)
    assert len(set(values)) == len(AmbiguityName.__members__)


def test_each_ambiguity_of_mail_has_its_case() -> None:
    """Those of containers are tested where the containers are."""
    others = {name.value for name in AmbiguityName} - set(CASES)
    assert {name for name in others if not name.startswith("broken-")} <= OF_CONTAINERS


@pytest.mark.parametrize("name", CASES)
def test_each_is_named_and_hides_nothing(name: str) -> None:
    """The ambiguity is on record, what it hides is an artifact, and nothing is called unscannable for it."""
    anatomy = anatomy_of(CASES[name])
    assert name in {found.name for found in anatomy.ambiguities}
    assert has_eicar(anatomy)
    assert anatomy.findings == ()


TYPES = {
    "duplicate type": (b"Content-Type: text/plain\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n"),
    "type in a comment": (b"", b"Content-Type: (x) multipart/mixed; boundary=b\r\n"),
    "type behind a NUL": (b"", b"\0Content-Type: multipart/mixed; boundary=b\r\n"),
    "type folded away": (b"X: y\r\n", b" Content-Type: multipart/mixed; boundary=b\r\n"),
    "no type": (b"", b"X-Type: nothing\r\n"),
    "boundary encoded and quoted": (b"", b'Content-Type: multipart/mixed; boundary=" =?us-ascii?Q?=62?="\r\n'),
    "boundary decoyed": (b"", b"Content-Type: multipart/mixed; boundary=x, boundary=b\r\n"),
}
LINES = {
    "as it should be": b"--b\r\n",
    "behind a CR": b"text\r--b\r\n",
    "indented": b" --b\r\n",
    "before a CR": b"--b\r",
    "with white space": b"--b \t\r\n",
    "with more": b"--b;x\r\n",
}
ENCODINGS = {
    "base64": (b"Content-Transfer-Encoding: base64\r\n\r\n", LETTERS),
    "base64 in a comment": (b"Content-Transfer-Encoding: (base64)\r\n\r\n", LETTERS),
    "base64 with junk": (b"Content-Transfer-Encoding: base64\r\n\r\n", LETTERS.replace(b"I", b"I*")),
    "each octet for itself": (
        b"Content-Transfer-Encoding: base64, 7bit\r\n\r\n",
        b"".join(base64.b64encode(bytes([octet])) for octet in EICAR),
    ),
    "quoted-printable": (b"Content-Transfer-Encoding: =?us-ascii?Q?quoted-printable?=\r\n\r\n", CODES),
    "codes with junk": (b"Content-Transfer-Encoding:\r\n quoted-printable\r\n\r\n", CODES.replace(b"=4", b"=0x=4")),
    "field behind a blank line": (b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", LETTERS),
    "no blank line": (b"Content-Transfer-Encoding: base64\r\n", LETTERS),
    "LF CR for a blank line": (b"Content-Transfer-Encoding: base64\n\r", LETTERS),
}


@pytest.mark.parametrize(("kind", "line", "encoding"), list(itertools.product(TYPES, LINES, ENCODINGS)))
def test_ambiguities_combine(kind: str, line: str, encoding: str) -> None:
    """Attackers use several at once: a doubtful type, a doubtful boundary line, a doubtful encoding."""
    before, field = TYPES[kind]
    header, body = ENCODINGS[encoding]
    part = b"Content-Type: application/octet-stream\r\n" + header + body
    octets = HEAD + before + field + b"\r\n--b\r\n\r\ntext\r\n" + LINES[line] + part + b"\r\n--b--\r\n"
    anatomy = anatomy_of(octets)
    assert has_eicar(anatomy)
    assert anatomy.findings == ()


CLEAN = {
    "source that quotes a header": b"So:\r\n\r\n  Content-Type: text/plain\r\n  Content-Transfer-Encoding: base64\r\n",
    "uuencode-like words": b"They begin 644 times\r\nbegin 644 words that are none\r\nand so on\r\n",
    "a log with base64": b"2026-11-24 token=" + b"QUJDREVG" * 12 + b"\r\n" + b"QUJDREVG" * 12 + b"\r\n",
    "signature dashes": b"Hello\r\n-- \r\nA. Author\r\n--------\r\nA list's footer\r\n",
    "digests": b"".join(b"%064x  file%d\r\n" % (number * 7919, number) for number in range(300)),
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_texts_stay_clean(name: str) -> None:
    """Neither findings nor ambiguities."""
    anatomy = anatomy_of(message(text_part(CLEAN[name]), base64_part(b"attachment")))
    assert (anatomy.findings, anatomy.ambiguities) == ((), ())
