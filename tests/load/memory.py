"""The whole program in 1 GiB of memory, and a hundred large letters at once.

    python -m tests.load.memory [--megabytes 1024] [--letters 100] [--letter-megabytes 30]

The program runs in a memory cgroup of its own (version 1 or 2), swap not counted on. Every letter is sent again until
it is answered 250, as a sender's queue does. Judged: the kernel kills nothing for want of memory, whatever is not taken
is answered 4xx, every letter arrives in the end. The exit status is 0 when that is so. Root and Linux only.
"""

import argparse
import os
import smtplib
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.faults.node import THERE, lost, node_on
from tests.servers.gateway import PROGRAM
from tests.servers.mail_client import AUTHOR, connected, letter
from tests.servers.moody_hop import moody_hop
from tests.servers.program import ServerMissing, server_folder

PLACES = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))
LIMITS = ("memory.limit_in_bytes", "memory.max")
PEAKS = ("memory.max_usage_in_bytes", "memory.peak")
KILLS = ("memory.oom_control", "memory.events")
PAUSE_SECONDS = 2.0
ANSWER_SECONDS = 300.0
LINE = b"The quarter's figures, in full, as they were asked for; each line is as long as the other.\r\n"


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """A control group of one test."""

    folder: Path

    def program(self) -> tuple[str, ...]:
        """`pratique`, begun within the group."""
        words = f'echo $$ > {self.folder}/cgroup.procs && exec "$@"'
        return ("/bin/sh", "-c", words, "sh", *PROGRAM)

    def peak(self) -> int:
        """The most octets that were in use, file cache included."""
        return next((int((self.folder / name).read_text()) for name in PEAKS if (self.folder / name).exists()), 0)

    def kills(self) -> int:
        """How many processes the kernel has killed for want of memory."""
        for name in KILLS:
            if (self.folder / name).exists():
                figures = dict(line.split() for line in (self.folder / name).read_text().splitlines())
                return int(figures.get("oom_kill", 0))
        raise ServerMissing("the kernel does not count what it kills")


@contextmanager
def memory_group(megabytes: int) -> Iterator[MemoryGroup]:
    """A group that may have so much."""
    if sys.platform != "linux" or os.getuid() != 0:
        raise ServerMissing("a memory limit is set by root, on Linux")
    for place in PLACES:
        folder = place / f"pratique-{os.getpid()}"
        try:
            folder.mkdir()
            [limit] = [folder / name for name in LIMITS if (folder / name).exists()]
            limit.write_text(str(megabytes << 20))
        except (OSError, ValueError):
            if folder.is_dir():
                folder.rmdir()
            continue
        try:
            yield MemoryGroup(folder)
        finally:
            folder.rmdir()
        return
    raise ServerMissing("there are no memory control groups here")


@dataclass
class Crowd:
    """Every letter has a thread of its own; what makes them large is kept once."""

    port: int
    octets: int
    answers: Counter[str] = field(default_factory=Counter)
    taken: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._body = LINE * (self.octets // len(LINE))

    def send_all(self, count: int) -> None:
        """Returns when all are taken."""
        threads = [threading.Thread(target=self._send, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self) -> None:
        mark = uuid4().hex
        while True:
            try:
                answer = self._answer(letter(mark))
            except (OSError, smtplib.SMTPException) as error:
                answer = type(error).__name__
            with self._lock:
                self.answers[answer] += 1
            if answer.startswith("250"):
                self.taken.append(mark)
                return
            threading.Event().wait(PAUSE_SECONDS)

    def _answer(self, head: bytes) -> str:
        """Code and enhanced code of the reply that settles it."""
        with connected(self.port, ANSWER_SECONDS) as client:
            reply = client.mail(AUTHOR)
            if reply[0] == 250:
                reply = client.rcpt(THERE)
            if reply[0] == 250:
                reply = client.docmd("DATA")
            if reply[0] == 354:
                client.send(head)
                client.send(self._body)
                client.send(b".\r\n")
                reply = client.getreply()
            return f"{reply[0]} {reply[1][:5].decode()}"


def crowd(megabytes: int, letters: int, letter_megabytes: int) -> list[str]:
    """What is not as it must be."""
    with (
        memory_group(megabytes) as group,
        moody_hop() as there,
        moody_hop() as away,
        server_folder("memory") as place,
        node_on(place, there, away, {"workers": "2", "cells": "2"}, group.program()) as one,
    ):
        sending = Crowd(one.smtp_port, letter_megabytes << 20)
        sending.send_all(letters)
        print(f"answers: {dict(sending.answers)}; peak {group.peak() >> 20} MiB; killed {group.kills()}")
        reasons = Counter(name for held in one.ask("quarantine", "list") for name in held["findings"])
        print(f"held: {dict(reasons)}")
        gone = lost(one, sending.taken, there, away)
        found = [f"{group.kills()} processes were killed for want of memory"] if group.kills() else []
        found += [f"{len(gone)} letters were lost"] if gone else []
        odd = [answer for answer in sending.answers if answer[:1] not in "24"]
        found += [f"answers that are neither 2xx nor 4xx: {odd}"] if odd else []
        assert one.stop() == 0, one.log()
    return found


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--letters", type=int, default=100)
    parser.add_argument("--letter-megabytes", type=int, default=30)
    given = parser.parse_args()
    found = crowd(given.megabytes, given.letters, given.letter_megabytes)
    print("; ".join(found) or "all as it must be")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
