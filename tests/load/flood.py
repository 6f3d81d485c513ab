"""One tenant's flood beside another tenant's mail: `python -m tests.load.flood`.

    python -m tests.load.flood [--connections 200] [--megabytes 10] [--seconds 30]

A real `pratique up`; an honest sender's letters to a tenant whose server is there, alone; then again while so many
connections, each from an address of its own, send large letters one after the other to another tenant, whose server
refuses connections; and, as the yardstick, while the same flood goes to a server beside it that takes everything and
does nothing (`bare_sink.py`): what the senders take from the machine is in that, and is nothing of ours. Printed: the
honest sender's times, all three, and how the flood was answered. Exit status 0 when all honest letters were taken and
the 95th of a hundred times is at most twice what it was alone.

Limits: the flood's senders run on the same processors, at the lowest priority; so does the yardstick's server.
"""

import argparse
import json
import os
import smtplib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.faults.node import node_on
from tests.load.measuring import ROOT, Honest, honest_mail
from tests.servers.gateway import Gateway
from tests.servers.mail_client import AUTHOR, letter
from tests.servers.moody_hop import moody_hop
from tests.servers.ports import HOST, free_port
from tests.servers.program import server_folder

MOST_LONGER = 2.0
RECIPIENT = "x@flood.example"
LINE = b"The quarter's figures, in full, as they were asked for; each line is as long as the other.\r\n"
ANSWER_SECONDS = 60.0
PAUSE_SECONDS = 0.5
SETTINGS = {"workers": "2", "cells": "2"}


class Flood:
    """The senders, in a process of their own."""

    def __init__(self, port: int, octets: int) -> None:
        self._port, self._body = port, LINE * (octets // len(LINE))
        self._answers: Counter[str] = Counter()
        self._lock = threading.Lock()

    def run(self, connections: int) -> Counter[str]:
        """Until somebody closes our input."""
        for number in range(connections):
            threading.Thread(target=self._send, args=[number], daemon=True).start()
        sys.stdin.read()
        with self._lock:
            return Counter(self._answers)

    def _send(self, number: int) -> None:
        address = f"127.0.{1 + number // 250}.{1 + number % 250}"
        while True:
            try:
                answer = self._answer(address)
            except (OSError, smtplib.SMTPException) as error:
                answer = type(error).__name__
            with self._lock:
                self._answers[answer] += 1
            threading.Event().wait(PAUSE_SECONDS)

    def _answer(self, address: str) -> str:
        with smtplib.SMTP(HOST, self._port, timeout=ANSWER_SECONDS, source_address=(address, 0)) as client:
            client.ehlo()
            reply = client.mail(AUTHOR)
            if reply[0] == 250:
                reply = client.rcpt(RECIPIENT)
            if reply[0] == 250:
                reply = client.docmd("DATA")
            if reply[0] == 354:
                client.send(letter("flood"))
                client.send(self._body)
                client.send(b".\r\n")
                reply = client.getreply()
            return f"{reply[0]} {reply[1][:5].decode()}"


@contextmanager
def flooding(port: int, connections: int, megabytes: int) -> Iterator[Counter[str]]:
    """While the block runs; how it was answered is known at the end."""
    options = (str(port), str(connections), str(megabytes))
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.load.flood", "--send", *options]
    answers: Counter[str] = Counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield answers
        finally:
            process.stdin.close()
            answers.update(json.loads(process.stdout.readline()))


def add_tenant(one: Gateway, port: int) -> None:
    """The flood's; its server is at this port."""
    route = f"smtp://{HOST}:{port}"
    one.do("tenant", "add", "flood")
    one.do("domain", "add", "flood.example", "--tenant", "flood", "--route", route, "--verified")
    one.do("recipients", "source", "flood.example", "accept-all")


@contextmanager
def bare_sink() -> Iterator[int]:
    """The yardstick's server; its port."""
    port = free_port()
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.load.bare_sink", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield port
        finally:
            process.stdin.close()


@dataclass(frozen=True, slots=True)
class Trial:
    """The honest sender's times: alone, beside the flood, and beside the same flood that goes elsewhere."""

    alone: Honest
    beside: Honest
    elsewhere: Honest
    answers: Counter[str]
    """How the flood was answered."""

    @property
    def longer(self) -> float:
        """How many times as long as alone the 95th of a hundred takes."""
        return self.beside.p95 / self.alone.p95

    @property
    def longer_by_us(self) -> float:
        """How many times as long as beside the flood that is not for us."""
        return self.beside.p95 / self.elsewhere.p95


def trial(connections: int, megabytes: int, seconds: float) -> Trial:
    """Each for so many seconds."""
    with (
        moody_hop() as there,
        moody_hop() as away,
        server_folder("flood") as place,
        node_on(place, there, away, SETTINGS) as one,
    ):
        add_tenant(one, free_port())
        honest_mail(one.smtp_port, 1.0)
        alone = honest_mail(one.smtp_port, seconds)
        with bare_sink() as port, flooding(port, connections, megabytes):
            honest_mail(one.smtp_port, 3.0)
            elsewhere = honest_mail(one.smtp_port, seconds)
        with flooding(one.smtp_port, connections, megabytes) as answers:
            honest_mail(one.smtp_port, 3.0)
            beside = honest_mail(one.smtp_port, seconds)
        return Trial(alone, beside, elsewhere, answers)


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--send", nargs=3, type=int, metavar=("PORT", "CONNECTIONS", "MEGABYTES"))
    given = parser.parse_args()
    if given.send:
        port, connections, megabytes = given.send
        print(json.dumps(Flood(port, megabytes << 20).run(connections)), flush=True)
        # Its senders are in the middle of something.
        os._exit(0)
    found = trial(given.connections, given.megabytes, given.seconds)
    flood = f"{given.connections} x {given.megabytes} MB"
    print(f"alone: {found.alone}\nbeside {flood} elsewhere: {found.elsewhere}\nbeside {flood}: {found.beside}")
    print(f"p95 {found.longer:.1f} times as long as alone, {found.longer_by_us:.1f} times as beside a flood elsewhere")
    print(f"the flood: {dict(found.answers)}")
    return 0 if found.beside.taken == found.beside.sent and found.longer <= MOST_LONGER else 1


if __name__ == "__main__":
    sys.exit(main())
