"""Scenario: somebody reads the disks. What stored mail says stands nowhere, neither in files nor in a bucket.

1. Letters are queued (their next hop is away) and held (EICAR), with a mark in body and attachment's name.
2. Everything kept is searched while the service runs and after: every file of the data folder, the database's
   write-ahead log too; with PostgreSQL and S3 the files of its cluster and the objects in the bucket.
3. The mark is nowhere, in no spelling of it; the operator's export still gives the letter back.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contracts.mail import EICAR, base64_part, message, text_part
from tests.servers.gateway import Gateway
from tests.servers.mail_client import message_id, send
from tests.servers.postgres_server import PostgresServer
from tests.servers.s3_server import CREDENTIALS, S3Server
from tests.servers.serving import route_to_nobody, serving

pytestmark = pytest.mark.system
LARGE = b"A line of a letter that is too large for memory.\r\n" * 40_000


@dataclass(frozen=True, slots=True)
class Kept:
    """All that a gateway keeps, for somebody who can read it."""

    gateway: Gateway
    folders: list[Path]
    s3: S3Server | None = None
    bucket: str = ""

    def places_with(self, words: list[bytes]) -> list[str]:
        """The files and objects that hold one of the words."""
        wanted = re.compile(b"|".join(map(re.escape, words)))
        paths = [path for folder in self.folders for path in sorted(folder.rglob("*")) if path.is_file()]
        objects = self.s3.objects(self.bucket) if self.s3 else {}
        return [str(path) for path in paths if wanted.search(_octets_of(path))] + [
            key for key, octets in objects.items() if wanted.search(octets)
        ]


def _octets_of(path: Path) -> bytes:
    """Empty for a file that has gone since it was listed: PostgreSQL renames and removes some all the time."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@pytest.fixture(params=["sqlite and a folder", "postgresql and s3"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    routes = {"tenant.example": route_to_nobody()}
    if request.param == "sqlite and a folder":
        with serving(routes) as one:
            one.do("recipients", "source", "tenant.example", "accept-all")
            yield Kept(one, [one.data])
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    s3: S3Server = request.getfixturevalue("s3")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket = s3.new_bucket()
    place = {"blobs": f"s3://{bucket}/mail", "s3_endpoint": s3.endpoint, "database_url": postgres.new_database()}
    with serving(routes, place) as one:
        one.do("recipients", "source", "tenant.example", "accept-all")
        yield Kept(one, [one.data, postgres.folder], s3, bucket)


def letter_with(mark: bytes, content: bytes, text: bytes = b"") -> bytes:
    """The mark in the text, in the attachment's name and inside the attachment; the Message-ID is another word."""
    name, inside = b"file-" + mark + b".txt", content or b"inside " + mark * 3
    header = b"From: a@sender.example\r\nSubject: Papers\r\nMessage-ID: " + message_id("known").encode() + b"\r\n"
    return message(text_part(b"Text " + mark + b".\r\n" + text), base64_part(inside, name), header=header)


def spellings(mark: bytes) -> list[bytes]:
    """As it is, in base64 at each of the three places of a quantum, in hexadecimal, in UTF-16."""
    encoded = [base64.b64encode(b"x" * shift + mark)[4:-4] for shift in range(3)]
    return [mark, *encoded, mark.hex().encode(), mark.decode().encode("utf-16-le")]


def test_what_is_kept_says_nothing(kept: Kept, tmp_path: Path) -> None:
    """Queued and held mail is sealed, in the blobs, the database and all that lies beside them."""
    one, mark = kept.gateway, uuid4().hex.encode()
    held = letter_with(mark, EICAR)
    assert send(one.smtp_port, letter_with(mark, b"")).code == 250
    assert send(one.smtp_port, letter_with(mark, b"", LARGE)).code == 250
    assert send(one.smtp_port, letter_with(mark, EICAR, LARGE)).code == 550
    assert send(one.smtp_port, held).code == 550
    stored = [line.split()[0] for line in one.do("accounted").splitlines()]
    assert stored == ["queue", "queue", "quarantine", "quarantine"]
    assert kept.places_with(spellings(b"known@sender.example")), "what is listed is found by this search"
    if kept.s3:
        assert len(kept.s3.objects(kept.bucket)) == 8, "a body and a record for each"
        assert [path for path in (one.data / "blobs").rglob("*") if path.is_file()] == []
    else:
        assert list(one.data.glob("*-wal")), "the write-ahead log is among the files searched"
    assert kept.places_with(spellings(mark)) == []
    one.stop()
    assert kept.places_with(spellings(mark)) == []
    assert mark.decode() not in one.log()
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in one.log()
    newest = one.ask("quarantine", "list")[0]
    one.do("quarantine", "export", str(newest["id"]), "--output", str(tmp_path / "held.eml"))
    assert (tmp_path / "held.eml").read_bytes() == held


def test_a_deleted_tenants_mail_cannot_be_read_again(kept: Kept) -> None:
    """The tenant's key goes with the tenant: what is left of its mail is noise."""
    one, mark = kept.gateway, uuid4().hex.encode()
    assert send(one.smtp_port, letter_with(mark, EICAR)).code == 550
    [message] = one.ask("quarantine", "list")
    one.do("tenant", "delete", "acme", "--yes")
    refused = one.run("quarantine", "export", str(message["id"]), "--output", "held.eml")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert kept.places_with(spellings(mark)) == []
