"""Scenario: somebody reads the disk. What stored mail says stands in no file of the data folder.

1. Letters are queued (their next hop is away) and held (EICAR), with a mark in body and attachment's name.
2. Every file of the data folder is searched, the database's write-ahead log too, while the service runs and after.
3. The mark is nowhere, in no spelling of it; the operator's export still gives the letter back.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contracts.mail import EICAR, base64_part, message, text_part
from tests.servers.gateway import Gateway
from tests.servers.mail_client import message_id, send
from tests.servers.serving import route_to_nobody, serving

pytestmark = pytest.mark.system
LARGE = b"A line of a letter that is too large for memory.\r\n" * 40_000


@pytest.fixture
def one() -> Iterator[Gateway]:
    with serving({"tenant.example": route_to_nobody()}) as started:
        yield started


def letter_with(mark: bytes, content: bytes, text: bytes = b"") -> bytes:
    """The mark in the text, in the attachment's name and inside the attachment; the Message-ID is another word."""
    name, inside = b"file-" + mark + b".txt", content or b"inside " + mark * 3
    header = b"From: a@sender.example\r\nSubject: Papers\r\nMessage-ID: " + message_id("known").encode() + b"\r\n"
    return message(text_part(b"Text " + mark + b".\r\n" + text), base64_part(inside, name), header=header)


def spellings(mark: bytes) -> list[bytes]:
    """As it is, in base64 at each of the three places of a quantum, in hexadecimal, in UTF-16."""
    encoded = [base64.b64encode(b"x" * shift + mark)[4:-4] for shift in range(3)]
    return [mark, *encoded, mark.hex().encode(), mark.decode().encode("utf-16-le")]


def files_with(folder: Path, words: list[bytes]) -> list[str]:
    """The files below the folder that hold one of the words."""
    wanted = re.compile(b"|".join(map(re.escape, words)))
    return [str(path) for path in sorted(folder.rglob("*")) if path.is_file() and wanted.search(path.read_bytes())]


def test_the_disk_says_nothing(one: Gateway, tmp_path: Path) -> None:
    """Queued and held mail is sealed, in the blobs, the database and all that lies beside them."""
    mark = uuid4().hex.encode()
    held = letter_with(mark, EICAR)
    assert send(one.smtp_port, letter_with(mark, b"")).code == 250
    assert send(one.smtp_port, letter_with(mark, b"", LARGE)).code == 250
    assert send(one.smtp_port, letter_with(mark, EICAR, LARGE)).code == 550
    assert send(one.smtp_port, held).code == 550
    stored = [line.split()[0] for line in one.do("accounted").splitlines()]
    assert stored == ["queue", "queue", "quarantine", "quarantine"]
    assert files_with(one.data, spellings(b"known@sender.example")), "what is listed is found by this search"
    assert list(one.data.glob("*-wal")), "the write-ahead log is among the files searched"
    assert files_with(one.data, spellings(mark)) == []
    one.stop()
    assert files_with(one.data, spellings(mark)) == []
    assert mark.decode() not in one.log()
    newest = one.ask("quarantine", "list")[0]
    one.do("quarantine", "export", str(newest["id"]), "--output", str(tmp_path / "held.eml"))
    assert (tmp_path / "held.eml").read_bytes() == held


def test_a_deleted_tenants_mail_cannot_be_read_again(one: Gateway) -> None:
    """The tenant's key goes with the tenant: what is left of its mail on the disk is noise."""
    mark = uuid4().hex.encode()
    assert send(one.smtp_port, letter_with(mark, EICAR)).code == 550
    [kept] = one.ask("quarantine", "list")
    one.do("tenant", "delete", "acme", "--yes")
    refused = one.run("quarantine", "export", str(kept["id"]), "--output", "held.eml")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert files_with(one.data, spellings(mark)) == []
