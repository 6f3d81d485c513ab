"""Scenario: the wall clock is set while mail waits and people are signed in, and nobody notices (D15).

1. A letter is queued for a server that is away, an infected one is held, a reviewer is signed in, another has a link.
2. The clock of all processes and commands is set a day forward, a day back, ten years forward, an hour back, and to the
   moments before both changes of summer time. Each time the queued letter is tried again within its wait and is not
   given up; another is queued; the session goes on, and a link of before still signs in.
3. All processes are replaced, by a kill and by SIGHUP, while the clock is wrong: the same, and a new link is good.
4. The service is restarted ten years late. On SQLite nothing that was queued is given up. On PostgreSQL, whose clock is
   right, it does not start until its own is, too.
5. The server comes back: every letter arrives.
"""

import http.cookiejar
import os
import re
import signal
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tenants.queue.listing import DeliveryFilter, list_deliveries
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader
from tests.contracts.mail import EICAR
from tests.faults.node import AWAY, node_on, readiness
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, message_id, send
from tests.servers.moody_hop import Mood, MoodyHop, moody_hop
from tests.servers.postgres_server import PostgresServer
from tests.servers.process_table import descendants
from tests.servers.program import ServerFailed, ServerMissing, server_folder, wait_until
from tests.servers.serving import TENANT
from tests.servers.wall_clock import RIGHT, WallClock

pytestmark = pytest.mark.system
STEPS = ("+1d", "-1d", "+3652d", "-1h", "@2026-10-25 02:59:57", "@2027-03-28 01:59:57", RIGHT)
"""The last two moments: three seconds before summer time ends, and before it begins, in Berlin."""
WAIT_SECONDS = 240.0
"""Longer than a lane rests after all that this scenario does to it; less than any step of the clock."""
PERSON = "rita@tenant.example"


@dataclass(frozen=True, slots=True)
class World:
    """A gateway whose clock can be set, its next hop, and a look into its database."""

    one: Gateway
    clock: WallClock
    hop: MoodyHop
    database: Database
    settings: dict[str, str]

    def queued(self) -> dict[str, int]:
        """How often each queued copy was tried, by Message-ID."""
        with self.database.read(Reader.OPERATOR) as session:
            found = list_deliveries(session, DeliveryFilter(limit=100), tenant_id=None)
        return {copy.facts.message_id: copy.attempts for copy in found}


@contextmanager
def world(settings: dict[str, str]) -> Iterator[World]:
    with moody_hop() as there, moody_hop(Mood.AWAY) as away, server_folder("clocks") as place:
        try:
            clock = WallClock(place)
        except ServerMissing as missing:
            pytest.skip(f"no server: {missing}")
        with node_on(place, there, away, settings, clock.program) as one:
            one.do("user", "add", PERSON, "--tenant", TENANT, "--role", "reviewer")
            database = Database(settings.get("database_url", f"sqlite:///{one.data / 'pratique.sqlite'}"))
            try:
                yield World(one, clock, away, database, settings)
            finally:
                database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    place: dict[str, str] = {}
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        place = {"database_url": postgres.new_database()}
    with world(place) as made:
        yield made


class Browser:
    """A person's, with its cookies."""

    def __init__(self) -> None:
        # By its own clock, which is right, it would not keep the cookies of ten years from now, or of yesterday.
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def sign_in(self, link: str) -> bool:
        """Spend a link; whether the quarantine is shown then."""
        found = re.search(rb'name="form_token" value="([^"]+)"', self._opener.open(link, timeout=30).read())
        if found is None:
            return False
        form = urllib.parse.urlencode({"form_token": found[1].decode()}).encode()
        origin = link.split("/signin")[0]
        request = urllib.request.Request(link, form, {"Origin": origin})
        return self._is_in(self._opener.open(request, timeout=30).geturl())

    def is_signed_in(self, portal: str) -> bool:
        """Whether the session is still good."""
        return self._is_in(self._opener.open(f"{portal}/quarantine", timeout=30).geturl())

    @staticmethod
    def _is_in(address: str) -> bool:
        return address.endswith("/quarantine")


def link(one: Gateway) -> str:
    return one.do("user", "link", PERSON).strip()


def queue_a_letter(one: Gateway) -> str:
    mark = uuid4().hex
    assert send(one.smtp_port, letter(mark), [AWAY]).code == 250
    return mark


def is_tried_and_kept(there: World, marks: list[str]) -> None:
    """The next hop is asked again, by a wait that began before; all that was queued is, and what comes is as well."""
    before = sum(there.queued().values())
    marks.append(queue_a_letter(there.one))
    wait_until(lambda: sum(there.queued().values()) > before, "it is tried again", WAIT_SECONDS)
    assert there.queued().keys() == {message_id(mark) for mark in marks}


def is_as_before(there: World, marks: list[str], browser: Browser, kept_link: str) -> None:
    """Nothing is given up or ended, and everything goes on."""
    is_tried_and_kept(there, marks)
    assert browser.is_signed_in(there.one.portal_url)
    assert Browser().sign_in(kept_link)
    wait_until(lambda: is_ready(there.one), "the engines report", 60)


def replace_all_processes(one: Gateway) -> None:
    for process in descendants(one.pid):
        if process.kind in ("mx", "work", "portal"):
            os.kill(process.pid, signal.SIGKILL)


def test_nobody_notices(there: World) -> None:
    one, clock, hop = there.one, there.clock, there.hop
    marks, browser, links = [queue_a_letter(one)], Browser(), [link(one) for _ in range(len(STEPS) + 1)]
    assert send(one.smtp_port, letter(uuid4().hex) + EICAR + b"\r\n", [AWAY]).code == 550
    assert browser.sign_in(link(one))

    # PostgreSQL keeps the same moments: the farthest step shows that none of them is asked of another clock.
    for step in STEPS[2:3] if "database_url" in there.settings else STEPS:
        clock.set(step)
        is_as_before(there, marks, browser, links.pop())

    clock.set("+3652d")
    replace_all_processes(one)
    wait_until(lambda: is_ready(one), "all are replaced", 60)
    # The lane rests as long as the killed process's lease; and the command's now must be the service's.
    one.do("queue", "retry", "--all")
    is_as_before(there, marks, browser, link(one))
    one.hang_up()
    wait_until(lambda: "settings.reloaded" in one.log(), "all are replaced again", 60)
    is_as_before(there, marks, browser, links.pop())

    assert "clock.set " in one.log(), "the operator is told"
    assert [held["reason"] for held in one.ask("quarantine", "list")] == ["infected"]
    one.stop()
    if "database_url" in there.settings:
        with pytest.raises(ServerFailed, match=r"clock is \d+ s ahead of the database's"):
            one.start()
        clock.set(RIGHT)
    one.start()
    is_tried_and_kept(there, marks)
    hop.turn(Mood.UP)
    wait_until(lambda: all(hop.copies[mark] == 1 for mark in marks), "every letter arrives, once", 60)
    wait_until(lambda: not there.queued(), "the queue is empty", 60)


def is_ready(one: Gateway) -> bool:
    try:
        return str(readiness(one)["state"]) == "ready"
    except (OSError, urllib.error.URLError):
        return False
