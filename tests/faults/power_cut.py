"""Cuts the power of the data's disk again and again, under load, and accounts for every letter.

    python -m tests.faults.power_cut [--cuts 60] [--senders 20] [--without-sync]

The disk is ext4 in a file. A cut kills every process, shuts the file system down without writing its journal, mounts
the disk anew and starts the program on it. The exit status is 0 when nothing that was answered 250 is lost or damaged.
`--without-sync` is the control: under libeatmydata every sync does nothing, and the trial must find losses; its exit
status is 0 when it does. Root and Linux only.
"""

import argparse
import os
import random
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults.node import node_on
from tests.faults.trial import Account, account, letter_of, recipient_of
from tests.servers.disks import Ext4Disk, ext4_disk
from tests.servers.gateway import PROGRAM, Gateway
from tests.servers.moody_hop import Mood, moody_hop
from tests.servers.process_table import descendants
from tests.servers.program import ServerMissing, server_folder, wait_until
from tests.servers.senders import senders_at_work

LOAD_SECONDS = (0.5, 2.5)
LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
MOST_LETTERS = 1_000_000


def cut_power(one: Gateway, disk: Ext4Disk) -> None:
    """What was not on the disk is gone; the program starts on what is.

    Every process ends first: one that lived on could still answer 250 when, at that very moment, the kernel calls a
    sync done whose octets it then throws away. A machine without power answers nothing.
    """
    below = descendants(one.pid)
    one.kill()
    for process in below:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    disk.fail()
    wait_until(disk.unmount, "nobody has the disk open", 60)
    disk.mount()
    one.start()


def eatmydata() -> Path:
    """The library that makes every sync do nothing."""
    for folder in LIBRARIES:
        for found in sorted(Path(folder).glob("libeatmydata.so*")):
            return found
    raise ServerMissing("libeatmydata is not installed")


def power_cut(cuts: int, senders: int, *, is_synced: bool = True) -> Account:
    """One trial."""
    program = PROGRAM if is_synced else ("env", f"LD_PRELOAD={eatmydata()}", *PROGRAM)
    with ExitStack() as stack:
        there, away = stack.enter_context(moody_hop()), stack.enter_context(moody_hop(Mood.AWAY))
        disk = stack.enter_context(ext4_disk(1024))
        keys = stack.enter_context(server_folder("keys"))
        certificate = _made_before(keys)
        files = {"smtp_tls_certificate": str(certificate), "smtp_tls_key": str(certificate)}
        one = stack.enter_context(node_on(disk.place, there, away, files, program))
        # The keys and tables were made a moment ago; the trial is about mail.
        os.sync()
        chance = random.Random(1)
        with senders_at_work(one.smtp_port, MOST_LETTERS, recipient_of, senders, letter_of) as sending:
            for number in range(1, cuts + 1):
                sending.wait_for_taken(len(sending.taken) + 5, 120)
                time.sleep(chance.uniform(*LOAD_SECONDS))
                cut_power(one, disk)
                print(f"cut {number}: {len(sending.taken)} letters taken so far", flush=True)
            sending.stop()
        return account(one, sending, there, away, cuts)


def _made_before(folder: Path) -> Path:
    from pratique.secrets.certificate import context_factory

    context_factory(None, None, folder, "mx.pratique.example")
    return next(folder.iterdir())


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cuts", type=int, default=60)
    parser.add_argument("--senders", type=int, default=20)
    parser.add_argument("--without-sync", action="store_true", help="the control, which must lose mail")
    given = parser.parse_args()
    result = power_cut(given.cuts, given.senders, is_synced=not given.without_sync)
    print(f"power cut{' without sync' if given.without_sync else ''}: {result}")
    has_lost = result.lost > 0 or result.damaged > 0
    return int(has_lost is not given.without_sync)


if __name__ == "__main__":
    sys.exit(main())
