"""Scenario: somebody looks at everything that a running node shows of itself. No secret stands there.

1. `pratique up` is given a master key and a database's password by its environment; the log is at its most talkative.
2. Mail is taken, held and queued; the database goes away in the middle of it, and settings that are wrong are read.
3. Arguments and environments of all children and cells, everything logged, and the watchers' pages are searched.
"""

import base64
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner

from pratique.cli import COMMANDS, front_door
from tests.contracts.mail import EICAR
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, send
from tests.servers.postgres_server import PostgresServer, postgres_server
from tests.servers.process_table import descendants
from tests.servers.program import ServerMissing, wait_until
from tests.servers.serving import route_to_nobody, serving

pytestmark = pytest.mark.system


@dataclass(frozen=True, slots=True)
class Node:
    """A gateway, its own database server, and what must not be seen of them."""

    one: Gateway
    rows: PostgresServer
    key: str
    password: str

    def assert_says_nothing(self, where: str, text: str) -> None:
        for secret in (self.key, self.key.rstrip("="), base64.b64decode(self.key).hex(), self.password):
            assert secret not in text, where

    def page(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"{self.one.portal_url}{path}", timeout=30) as answer:
                return str(answer.headers) + str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return str(refused.headers) + refused.read().decode()


@pytest.fixture
def node() -> Iterator[Node]:
    key, password = base64.b64encode(secrets.token_bytes(32)).decode(), f"pw-{uuid4().hex}"
    try:
        with postgres_server() as rows:
            scheme, _, place = rows.new_database().partition("@")
            url = f"{scheme}:{password}@{place}"
            settings = {"database_url": url, "master_key": key, "log_level": "debug"}
            with serving({"tenant.example": route_to_nobody()}, settings) as one:
                one.do("recipients", "source", "tenant.example", "accept-all")
                yield Node(one, rows, key, password)
    except ServerMissing as missing:
        pytest.skip(f"no server: {missing}")


def test_no_secret_is_shown(node: Node) -> None:
    """By nothing that runs, by nothing that is written, on a good day and on a bad one."""
    one = node.one
    assert send(one.smtp_port, letter(uuid4().hex)).code == 250
    assert send(one.smtp_port, letter(uuid4().hex, EICAR.decode())).code == 550
    below = descendants(one.pid)
    assert {process.kind for process in below} >= {"mx", "work", "portal", "cell"}
    for process in below:
        node.assert_says_nothing(f"arguments of {process.kind}", " ".join(process.words))
        environment = Path(f"/proc/{process.pid}/environ")
        if environment.exists():
            # A cell's cannot even be read, unless by root.
            node.assert_says_nothing(f"environment of {process.kind}", environment.read_bytes().decode("latin-1"))
    wait_until(lambda: '"ready"' in node.page("/readyz"), "the node is ready", 60)
    node.rows.stop()
    assert send(one.smtp_port, letter(uuid4().hex)).code == 451
    assert json.loads(node.page("/readyz").rpartition("\n\n")[2])["database"] == "away"
    for path in ("/healthz", "/readyz", "/signin", "/quarantine"):
        node.assert_says_nothing(path, node.page(path))
    for words in (("tenant", "list"), ("queue", "list"), ("migrate",)):
        done = one.run(*words)
        assert done.returncode == 1
        node.assert_says_nothing(" ".join(words), done.stdout + done.stderr)
    one.hang_up()
    wait_until(lambda: "settings.not-reloaded" in one.log(), "the refusal is logged", 60)
    assert one.stop() == 0
    assert "Traceback" not in one.log()
    node.assert_says_nothing("log", one.log())


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_flag_takes_a_secret(command: str) -> None:
    """What stands in a command line is read by everybody on the machine."""
    told = CliRunner().invoke(front_door, [command, "--help"])
    assert told.exit_code == 0
    assert "--master-key" not in told.output and "--database-url" not in told.output
