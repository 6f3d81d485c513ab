"""Scenario: clamd hangs, or is gone. Nothing passes unexamined, and everything recovers by itself.

1. `pratique up` runs with clamd, which is then frozen (SIGSTOP) or killed (SIGKILL).
2. A client sends a clean letter: 451, nothing is delivered, nothing is kept.
3. clamd is back; the same letter is taken, without a restart of ours.
"""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from tests.servers.clamd_server import ClamdServer, clamd_server
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, send
from tests.servers.postfix_server import PostfixServer
from tests.servers.program import ServerMissing, wait_until
from tests.servers.serving import serving

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def own_clamd() -> Iterator[ClamdServer]:
    try:
        with clamd_server() as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


@pytest.fixture(scope="module")
def one(own_clamd: ClamdServer, next_hop: PostfixServer) -> Iterator[Gateway]:
    with serving({"tenant.example": next_hop.route}, {"clamd": own_clamd.setting}) as started:
        yield started


@pytest.mark.parametrize(
    ("take_away", "bring_back"),
    [(ClamdServer.kill, ClamdServer.start), (ClamdServer.freeze, ClamdServer.thaw)],
    ids=["killed", "frozen"],
)
def test_nothing_passes_unexamined(
    one: Gateway,
    own_clamd: ClamdServer,
    next_hop: PostfixServer,
    take_away: Callable[[ClamdServer], None],
    bring_back: Callable[[ClamdServer], None],
) -> None:
    """451 while clamd is away; the sender's next try is delivered when it is back."""
    mark = uuid4().hex
    assert send(one.smtp_port, letter(f"before.{mark}")).code == 250
    take_away(own_clamd)
    try:
        answer = send(one.smtp_port, letter(mark))
    finally:
        bring_back(own_clamd)
    assert answer.line.startswith("451 4."), answer
    assert one.do("accounted") == ""
    assert not [each for each in next_hop.messages("user") if b"<" + mark.encode() in each]
    wait_until(lambda: send(one.smtp_port, letter(mark)).code == 250, "the letter is taken again")
    next_hop.wait_for("user", b"<" + mark.encode())
