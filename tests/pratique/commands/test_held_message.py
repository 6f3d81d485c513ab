"""One held message as it is printed and exported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pratique.commands.held_message import print_held, save_message, show_record
from tenants.quarantine.book import get_held, held_blobs
from tenants.refusals import Refusal
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.viewpoint import Reader
from tests.pratique.commands.conftest import Mail


def _broken() -> Iterator[bytes]:
    yield b"half of it"
    raise SealBroken("a segment was changed")


def test_octets_that_cannot_be_read_whole_leave_no_file(tmp_path: Path) -> None:
    """Half a message must not look like a message."""
    with pytest.raises(Refusal, match="cannot be read: a segment was changed"):
        save_message(tmp_path / "a.eml", _broken())
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """Piece after piece."""
    assert save_message(tmp_path / "a.eml", [b"ab", b"c"]) == 3
    assert (tmp_path / "a.eml").read_bytes() == b"abc"


def test_a_record_that_is_lost_does_not_hide_the_message(mail: Mail, capsys: pytest.CaptureFixture[str]) -> None:
    """What the book knows is shown all the same."""
    held = mail.hold("EICAR")
    with mail.parts.database.read(Reader.OPERATOR) as session:
        message, blobs = get_held(session, held, tenant_id=None), held_blobs(session, held, tenant_id=None)
    assert blobs.record is not None
    mail.parts.store.delete([blobs.record.name])
    record = show_record(message, "acme", mail.parts.store, blobs)
    assert (record["headers"], record["artifacts"], record["subject"]) == ((), (), "Invoice")
    assert "record cannot be read" in capsys.readouterr().err


def test_hostile_headers_are_escaped(mail: Mail, capsys: pytest.CaptureFixture[str]) -> None:
    """A header cannot steer the operator's terminal."""
    held = mail.hold("EICAR\x1b[2J", subject="\x1b]0;title\x07")
    with mail.parts.database.read(Reader.OPERATOR) as session:
        record = show_record(get_held(session, held, tenant_id=None), "acme", mail.parts.store, None)
    print_held({**record, "headers": [("Subject", "\x1b[31m")]})
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\\x1b[31m" in said
