"""Scenario: a virus is refused while its sender is still connected, and the tenant keeps a copy.

1. The operator starts `pratique up` with clamd, or with YARA-X alone.
2. A client sends EICAR: bare, attached, and in a zip in a zip. Each is answered `550 5.7.1`.
3. `quarantine list --json` shows each of them, with why; nothing reached the tenant's Postfix.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contracts.mail import EICAR, base64_part, message, nested, text_part
from tests.servers.clamd_server import ClamdServer
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.postfix_server import PostfixServer, sending_postfix
from tests.servers.serving import TENANT, serving

pytestmark = pytest.mark.system
RECIPIENTS = ("user@tenant.example", "other@tenant.example")


@pytest.fixture(scope="module", params=["clamd and YARA-X", "YARA-X alone"])
def one(request: pytest.FixtureRequest, next_hop: PostfixServer) -> Iterator[Gateway]:
    alone = request.param == "YARA-X alone"
    clamd: ClamdServer | None = None if alone else request.getfixturevalue("clamd")
    with serving({"tenant.example": next_hop.route}, {"clamd": clamd.setting if clamd else "none"}) as started:
        yield started


def infected(mark: str, content: bytes, name: bytes) -> bytes:
    header = f"From: a@sender.example\r\nSubject: Invoice {mark}\r\nMessage-ID: {message_id(mark)}\r\n".encode()
    return message(text_part(), base64_part(content, name), header=header)


@pytest.mark.parametrize(
    ("content", "name"),
    [(EICAR, b"eicar.com"), (nested(EICAR, 2), b"archive.zip")],
    ids=["attached", "in a zip in a zip"],
)
def test_is_refused_and_kept(one: Gateway, next_hop: PostfixServer, content: bytes, name: bytes) -> None:
    """550 5.7.1 in the session, one held message that names all that a person needs to find it."""
    mark = uuid4().hex
    before = datetime.now(UTC)
    answer = send(one.smtp_port, infected(mark, content, name), RECIPIENTS)
    assert answer.line.startswith("550 5.7.1 "), answer
    held = [each for each in one.ask("quarantine", "list") if each["message_id"] == message_id(mark)]
    assert len(held) == 1
    assert set(held[0]) >= {"id", "time", "findings"}
    assert held[0]["tenant"] == TENANT
    assert sorted(held[0]["recipients"]) == sorted(RECIPIENTS)
    assert held[0]["subject"] == f"Invoice {mark}"
    assert held[0]["reason"] == "infected"
    assert any("EICAR" in finding.upper() for finding in held[0]["findings"])
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(held[0]["time"]) <= datetime.now(UTC)
    assert not [each for each in next_hop.messages("user") if mark.encode() in each]


def test_what_is_kept_is_what_was_sent(one: Gateway, tmp_path: Path) -> None:
    """An export gives back every octet, and the trace says who was told what."""
    mark = uuid4().hex
    sent = infected(mark, EICAR, b"eicar.com")
    send(one.smtp_port, sent)
    [held] = [each for each in one.ask("quarantine", "list") if each["message_id"] == message_id(mark)]
    one.do("quarantine", "export", str(held["id"]), "--output", str(tmp_path / "suspect.eml"))
    assert (tmp_path / "suspect.eml").read_bytes() == sent
    [trace] = one.ask("trace", "--message-id", message_id(mark))
    assert [event["event"] for event in trace["events"]] == ["message-received", "examined", "copy-held"]
    assert trace["events"][-1]["reply"].startswith("550 5.7.1 ")


def test_a_genuine_author_learns_of_it_from_the_own_server(one: Gateway) -> None:
    """The author's Postfix reports the refusal: no bounce of ours is needed."""
    mark = uuid4().hex
    with sending_postfix(one.smtp_port) as author:
        author.send(letter(mark, EICAR.decode()), ["user@tenant.example"])
        assert b"550 5.7.1" in author.wait_for("author", mark.encode())
