"""Puts the next release in place and takes it back, under load, with letters in the queue; and delivers them all.

    python -m tests.faults.upgrade [--letters 10000] [--senders 8] [--on sqlite|postgresql] [--before COMMIT]

Senders are at work all the time. This release fills the queue, for its next hop is away, and is stopped (SIGTERM); the
next release migrates and goes on filling; it is stopped too, and this release goes on, on the tables of the next, and
delivers everything. The next release is a copy of this one with one more migration, which adds a column and a table.
With `--before` the release before is the one of that commit, and the next is this one; it is not taken back where the
release before did not know how.

The exit status is 0 when nothing that was answered 250 is lost, damaged or delivered twice, no sender lost its
connection between DATA and the answer, and each stop took less than 30 s.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.crash import storage
from tests.faults.node import AWAY, SETTINGS, set_up
from tests.faults.trial import Account, account, letter_of
from tests.servers.gateway import DRAIN_SECONDS, PROGRAM, Gateway
from tests.servers.moody_hop import Mood, moody_hop
from tests.servers.program import ServerFailed, server_folder
from tests.servers.senders import Senders, senders_at_work

TREE = Path(__file__).resolve().parents[2]
HOUSES = ("mx", "tenants", "portal", "pratique", "migrations")
FIRST_THAT_GOES_BACK = "017"
NEXT = '''"""What a next release might add."""

import sqlalchemy as sa
from alembic import op

revision = "900"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column, an index and a table that this release does not know."""
    op.add_column("delivery", sa.Column("urgency", sa.Integer()))
    op.create_index("ix_delivery_urgency", "delivery", ["urgency"])
    op.create_table("urgency", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
'''


@dataclass(frozen=True, slots=True)
class Release:
    """Code in a folder of its own."""

    folder: Path

    @property
    def program(self) -> tuple[str, ...]:
        """`pratique` of this release."""
        return ("env", f"PYTHONPATH={self.folder}", *PROGRAM)

    @property
    def head(self) -> str:
        """Its last revision."""
        return max(file.name[:3] for file in (self.folder / "migrations" / "versions").glob("[0-9]*.py"))


def next_release(folder: Path) -> Release:
    """This one and a migration, in that folder."""
    for house in HOUSES:
        shutil.copytree(TREE / house, folder / house, ignore=shutil.ignore_patterns("__pycache__"))
    made = Release(folder)
    versions = folder / "migrations" / "versions"
    (versions / "900_v9.9_add_urgency.py").write_text(NEXT.format(head=made.head))
    return made


def release_of(commit: str, folder: Path) -> Release:
    """The one of that commit, in that folder."""
    archive = subprocess.run(["git", "-C", TREE, "archive", commit, *HOUSES], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return Release(folder)


@dataclass
class Stops:
    """How long each stop took, in seconds."""

    seconds: list[float] = field(default_factory=list)

    def stop(self, one: Gateway) -> None:
        """SIGTERM. Raises ServerFailed when it did not end well."""
        begun = time.monotonic()
        if status := one.stop():
            raise ServerFailed(f"exit status {status}: {one.log()[-2000:]}")
        self.seconds.append(time.monotonic() - begun)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    account: Account
    queued: int
    """Most that the queue held."""
    stops: Stops
    answers: Counter[str]
    """What senders got that was not 250: the code and the class of each error."""

    @property
    def is_good(self) -> bool:
        """Whether the exit status is 0."""
        came = self.account
        is_cut = any(kind.startswith("cut in the content") for kind in self.answers)
        is_whole = not (came.lost or came.damaged or came.duplicates or came.taken - came.delivered)
        return is_whole and not is_cut and max(self.stops.seconds) < DRAIN_SECONDS

    def __str__(self) -> str:
        stops = ", ".join(f"{seconds:.1f} s" for seconds in self.stops.seconds)
        others = ", ".join(f"{count} {kind}" for kind, count in sorted(self.answers.items())) or "nothing"
        return f"{self.account}; {self.queued} queued; stops {stops}; besides 250: {others}"


def kinds_of(answers: list[str]) -> Counter[str]:
    """A reply's code; or whether a connection was lost before it stood, between commands, or in the content."""

    def kind(answer: str) -> str:
        if re.match(r"[45]\d\d ", answer):
            return answer[:3]
        if "CutInContent" in answer:
            return "cut in the content"
        return "closed between commands" if "Disconnected" in answer else "not connected"

    return Counter(map(kind, answers))


@contextmanager
def stage(place: Path, releases: tuple[Release, Release], route: str, kept: dict[str, str]) -> Iterator[list[Gateway]]:
    """A gateway of each release, on the same data and ports; none is started."""
    settings = SETTINGS | {"workers": "2"} | kept
    gateways = [Gateway(place / "data", settings, release.program) for release in releases]
    gateways[1].smtp_port, gateways[1].portal_port = gateways[0].smtp_port, gateways[0].portal_port
    try:
        yield gateways
    finally:
        for one in gateways:
            one.stop()


def upgrade(letters: int, senders: int, on: str = "sqlite", before: str | None = None) -> Result:
    """One trial."""
    with ExitStack() as stack:
        away, nobody = (stack.enter_context(moody_hop(mood)) for mood in (Mood.AWAY, Mood.UP))
        place, other = (Path(stack.enter_context(server_folder("upgrade"))) for _ in range(2))
        kept = stack.enter_context(storage(on))
        releases = (release_of(before, other), Release(TREE)) if before else (Release(TREE), next_release(other))
        old, new = stack.enter_context(stage(place, releases, away.route, kept))
        set_up(old, {"away.example": away.route})
        stops = Stops()
        old.start()
        sending = senders_at_work(old.smtp_port, letters, lambda _: AWAY, senders, letter_of)
        with sending as at_work:
            _fill(at_work, letters // 2)
            stops.stop(old)
            new.do("migrate")
            new.start()
            _fill(at_work, letters * 3 // 4)
            goes_back = releases[0].head >= FIRST_THAT_GOES_BACK
            last = old if goes_back else new
            if goes_back:
                stops.stop(new)
                old.start()
            at_work.wait_for_taken(letters, 3600)
        queued = len(last.do("accounted").splitlines())
        came = account(last, at_work, nobody, away, 0)
        stops.stop(last)
        return Result(came, queued, stops, kinds_of(at_work.other_answers))


def _fill(at_work: Senders, count: int) -> None:
    at_work.wait_for_taken(count, 3600)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--before", metavar="COMMIT")
    given = parser.parse_args()
    result = upgrade(given.letters, given.senders, given.on, given.before)
    print(f"upgrade on {given.on}: {result}")
    return 0 if result.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
