"""Encrypted PDF: every revision that another program writes, opened with nothing, with a word, or not at all."""

import io
import time

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, whole
from mx.anatomy.containers.pdf.document import open_pdf
from mx.anatomy.containers.pdf.encryption import unlock
from mx.finding import Severity
from tests.contracts.archives import contents_of, names_of, steps_of
from tests.contracts.mail import EICAR, gzipped
from tests.corpus.formats.documents import pdf, pdf_pages, pdf_stream

CONTENT = gzipped(EICAR)
ALGORITHMS = ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"]
SPECIFICATION = b"<</Type/Filespec/F(file.com)/EF<</F 5 0 R>>>>"
CATALOG = b"/Names<</EmbeddedFiles<</Names[(x) 4 0 R]>>>>/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"
PLAIN = pdf(*pdf_pages(CATALOG), SPECIFICATION, pdf_stream(CONTENT, b"/Type/EmbeddedFile"))


def locked(algorithm: str, user: str, owner: str = "owner") -> bytes:
    """PLAIN, encrypted by pypdf."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PLAIN))
    writer.encrypt(user, owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def reader(content, budget):  # type: ignore[no-untyped-def]
    return open_pdf(content, budget, unlock)


def read(octets: bytes, *passwords: str) -> dict[str, tuple[str, bytes]]:
    """Name and octets of what was found, by reading."""
    steps = steps_of(reader, octets, passwords)
    return {step.reading: (step.name, step.content.raw) for step in steps if isinstance(step, Member)}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    ("user", "passwords"),
    [("", []), ("secret", ["wrong", "secret"]), ("secret", ["owner"]), ("s\u00e4cret", ["s\u00e4cret"])],
    ids=["without one", "user", "owner", "not ASCII"],
)
def test_it_is_opened(algorithm: str, user: str, passwords: list[str]) -> None:
    """Files with their names, and scripts, as if nothing were encrypted."""
    found = read(locked(algorithm, user), *passwords)
    assert found["pdf-file"] == ("file.com", CONTENT)
    assert found["pdf-script"] == ("JavaScript", b"app.alert(1)")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_without_the_word_it_is_encrypted(algorithm: str) -> None:
    steps = steps_of(reader, locked(algorithm, "secret"), ("wrong", "", "Secret"))
    assert [step for step in steps if isinstance(step, Obstacle)] == [Obstacle("encrypted.pdf", Severity.ENCRYPTED)]


def test_another_handler_is_encrypted() -> None:
    """Rights management, keys of people: nothing a word opens."""
    raw = pdf(*pdf_pages(), trailer=b"/Encrypt<</Filter/Adobe.PubSec/V 4>>")
    assert names_of(steps_of(reader, raw, ("secret",))) == {"encrypted.pdf"}


def test_a_second_encryption_does_not_hide_the_first() -> None:
    """Readers believe one trailer, and which one is theirs to choose."""
    raw = locked("AES-128", "")
    false = (
        b"\ntrailer<</Encrypt<</Filter/Standard/V 1/R 2/P 0/O<" + b"00" * 32 + b">/U<" + b"11" * 32 + b">>>>>\n%%EOF"
    )
    steps = steps_of(reader, raw + false)
    assert CONTENT in contents_of(steps)
    assert names_of(steps) == {"encrypted.pdf"}


def test_more_encryptions_than_can_be_tried_are_unscannable() -> None:
    many = b"".join(
        b"trailer<</Encrypt<</Filter/Standard/V 1/R 2/P %d/O<00>/U<11>>>>>\n" % number for number in range(99)
    )
    assert "broken-pdf" in names_of(steps_of(reader, pdf(*pdf_pages()) + many))


def test_a_plain_document_that_claims_to_be_encrypted_is_read_both_ways() -> None:
    """As it stands, and as it claims."""
    crypt = b"/Encrypt<</Filter/Standard/V 1/R 2/P 0/O<" + b"00" * 32 + b">/U<" + b"11" * 32 + b">>>"
    steps = steps_of(reader, PLAIN.replace(b"trailer\n<<", b"trailer\n<<" + crypt))
    assert CONTENT in contents_of(steps)


def test_passwords_are_not_tried_for_ever() -> None:
    """Here every look at the clock takes a tenth of a second."""
    ticks = iter(range(10**6))
    budget = Budget(lambda: next(ticks) / 10)
    steps = [step for step in reader(whole(locked("AES-256", "secret")), budget) if not isinstance(step, Member)]
    (waiting,) = steps
    started = time.process_time()
    assert names_of(list(waiting.open_with(["wrong"] * 400))) == {"encrypted.pdf"}
    assert time.process_time() - started < 5


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_damage_never_raises(place: int, change: bytes) -> None:
    """Of keys, salts, lengths."""
    octets = locked("AES-256", "")
    at = place % len(octets)
    steps_of(reader, octets[:at] + change + octets[at + len(change) :], ("secret",))
