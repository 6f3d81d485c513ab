"""Scenario: an agent of somebody else's is switched on, and fails in every way that it can.

1. The operator installs a plug-in that does at the end of the header section what a subject asks of it.
2. Whatever that is, clean mail arrives or its sender still has it, a virus is refused, and the program goes on.
"""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.contracts.mail import EICAR
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.plugin_folder import plugin_folder
from tests.servers.postfix_server import PostfixServer
from tests.servers.serving import TENANT, serving

pytestmark = pytest.mark.system
ODD = """
import os
from twisted.internet.defer import Deferred
from mx import reply
from mx.agents.contract import About, AddHeaders, Go, OnFailure, Refuse, Vouch

class Odd:
    def __init__(self, reactor, settings):
        on_failure = OnFailure(settings.get("failure", "451"))
        self.about = About(settings["name"], deadline_seconds=0.5, on_failure=on_failure)

    async def on_headers(self, event):
        if b"X-Odd: raises" in event.header:
            raise RuntimeError("odd")
        if b"X-Odd: computes" in event.header:
            while True:
                pass
        if b"X-Odd: dies" in event.header:
            os._exit(1)
        if b"X-Odd: hangs" in event.header:
            await Deferred()
        if b"X-Odd: nonsense" in event.header:
            return "clean"
        if b"X-Odd: forbidden" in event.header:
            return (Vouch(), AddHeaders(("From: nobody@odd.example",)))
        if b"X-Odd: refuses" in event.header:
            return Refuse(reply.by_agent(550, "5.7.1", "Odd mail is not taken"))
        if b"X-Odd: adds" in event.header:
            return AddHeaders(("X-Added: by the agent",))
        return Go()
"""
FAILURES = ("raises", "hangs", "nonsense", "forbidden", "dies", "computes")


@pytest.fixture(scope="module")
def one(next_hop: PostfixServer) -> Iterator[Gateway]:
    settings = {"plugins": "strict?name=strict,lenient?name=lenient&failure=go+on"}
    points = {"pratique.agents:strict": "Odd", "pratique.agents:lenient": "Odd"}
    with plugin_folder("odd_agents", ODD, points), serving({"tenant.example": next_hop.route}, settings) as started:
        yield started


def switch_on(one: Gateway, name: str) -> None:
    one.do("policy", "set", "--tenant", TENANT, f"agents={name}")
    time.sleep(5.5)  # what the directory remembers of the policy is good for so long


def odd(does: str, mark: str, body: str = "Good morning.") -> bytes:
    return f"X-Odd: {does}\r\n".encode() + letter(mark, body)


def test_a_failing_agent_that_must_be_heard_puts_the_mail_off(one: Gateway, next_hop: PostfixServer) -> None:
    """451, nothing kept; what it does on purpose comes true."""
    switch_on(one, "strict")
    for does in FAILURES:
        for body in ("Good morning.", EICAR.decode()):
            answer = send(one.smtp_port, odd(does, uuid4().hex, body))
            assert answer.line.startswith("451 "), (does, answer)
    assert one.do("accounted") == ""
    # Its processes were just killed: until one is there again the sender is put off, and comes back.
    while (answer := send(one.smtp_port, odd("refuses", uuid4().hex))).code == 451:
        pass
    assert answer.line == "550 5.7.1 Odd mail is not taken"
    mark = uuid4().hex
    assert send(one.smtp_port, odd("adds", mark)).code == 250
    assert b"X-Added: by the agent\n" in next_hop.wait_for("user", mark.encode())


def test_a_failing_agent_that_need_not_be_heard_changes_nothing(one: Gateway, next_hop: PostfixServer) -> None:
    """The mail arrives, a virus does not, and the trace says what failed."""
    switch_on(one, "lenient")
    for does in FAILURES:
        mark = uuid4().hex
        assert send(one.smtp_port, odd(does, mark)).code == 250, does
        next_hop.wait_for("user", mark.encode())
        [trace] = one.ask("trace", "--message-id", message_id(mark))
        [observed] = [event for event in trace["events"] if event["event"] == "observed"]
        assert (observed["agent"], observed["fact"]) == ("lenient", "failed")
        assert send(one.smtp_port, odd(does, uuid4().hex, EICAR.decode())).line.startswith("550 5.7.1 ")


def test_one_that_computes_for_ever_keeps_no_other_message_waiting(one: Gateway, next_hop: PostfixServer) -> None:
    """Its own message is put off; those that come meanwhile are answered by the agent, and arrive."""
    switch_on(one, "strict")
    with ThreadPoolExecutor(1) as aside:
        stuck = aside.submit(send, one.smtp_port, odd("computes", uuid4().hex))
        for _ in range(5):
            mark = uuid4().hex
            assert send(one.smtp_port, odd("adds", mark)).code == 250
            assert b"X-Added: by the agent\n" in next_hop.wait_for("user", mark.encode())
        assert stuck.result(30).line.startswith("451 ")


def test_an_agent_that_nobody_has_is_not_taken(one: Gateway) -> None:
    """The command says which there are, those of other packages too."""
    done = one.run("policy", "set", "--tenant", TENANT, "agents=nobody-has-this")
    assert done.returncode == 1 and done.stdout == ""
    assert re.fullmatch(r"There is no agent 'nobody-has-this' here\. Known: .*, strict, lenient\.\n", done.stderr)
