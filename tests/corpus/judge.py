"""The judge: sends a corpus through a real `pratique up`, and says what came out at the other end.

`python -m tests.corpus.judge [FOLDER] [--pairs N] [--seed S] [--only REGEX]` writes the corpus into FOLDER (else a
temporary one), starts the program with a tenant whose server is a receiver of its own, and sends every message: over
DATA, or over BDAT when it has a bare CR or LF. All messages then go through `pratique scan --json`: its decision must
be the server's.

A hidden message must not arrive. A clean one must arrive once, every octet below the added fields as it was sent,
and its DKIM signature must still verify. A 4xx, or no answer, is an error and never a catch.
The last line counts them; exit status 0 when nothing was wrong.
"""

import argparse
import json
import smtplib
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from re import search

from tests.corpus.__main__ import write
from tests.corpus.clean import signed
from tests.corpus.index import all_cases, pairs
from tests.corpus.receiving import HOST, Receiver
from tests.servers.gateway import Gateway
from tests.servers.mail_client import Answer, connected, send
from tests.servers.serving import serving

_AT_ONCE = 4
_FILES_PER_SCAN = 400


class Fate(StrEnum):
    """What became of one message."""

    CAUGHT = "caught"
    PASSED = "passed"
    MISSED = "missed"
    BLOCKED = "clean but blocked"
    CHANGED = "changed"
    BROKEN = "DKIM broken"
    ERROR = "error"
    OTHERWISE = "scan says otherwise"


RECIPIENTS = ("user@tenant.example",)
RIGHT = (Fate.CAUGHT, Fate.PASSED)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One message, and what became of it; `why` is the reply or the verdict."""

    name: str
    room: str
    fate: Fate
    why: str


def judge_by_server(folder: Path, rows: Sequence[Mapping[str, str]], port: int, receiver: Receiver) -> list[Judgement]:
    """Send each message of the manifest, four at once."""

    def one(numbered: tuple[int, Mapping[str, str]]) -> Judgement:
        number, row = numbered
        reverse_path = f"judge+{number}@sender.example"
        content = (folder / f"{row['name']}.eml").read_bytes()
        to_send = send if row["over"] == "smtp" else send_chunked
        try:
            answer = to_send(port, content, RECIPIENTS, reverse_path=reverse_path, seconds=90)
        except (OSError, smtplib.SMTPException) as error:
            return Judgement(row["name"], row["class"], Fate.ERROR, repr(error))
        fate = fate_of(row, content, answer.code, receiver.taken[reverse_path])
        return Judgement(row["name"], row["class"], fate, answer.line)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(one, enumerate(rows)))


def send_chunked(port: int, message: bytes, recipients: Sequence[str], *, reverse_path: str, seconds: float) -> Answer:
    """One transaction over BDAT, where any octet may stand anywhere."""
    with connected(port, seconds) as client:
        client.mail(reverse_path, ["BODY=BINARYMIME"] if client.has_extn("binarymime") else [])
        for recipient in recipients:
            client.rcpt(recipient)
        client.send(b"BDAT %d LAST\r\n" % len(message) + message)
        code, text = client.getreply()
        return Answer(code, text.decode("ascii", "replace"))


def fate_of(row: Mapping[str, str], sent: bytes, code: int, arrived: Sequence[bytes]) -> Fate:
    """The fate by the reply and by what arrived."""
    if not 200 <= code < 600 or 400 <= code < 500:
        return Fate.ERROR
    if row["expect"] != "clean":
        return Fate.MISSED if arrived else Fate.CAUGHT
    if not arrived:
        return Fate.BLOCKED
    whole = sent if sent.endswith(b"\r\n") else sent + b"\r\n"
    if len(arrived) > 1 or not (arrived[0] == whole or arrived[0].endswith(b"\r\n" + whole)):
        return Fate.CHANGED
    is_broken = row.get("signed") == "dkim" and not signed.is_intact(arrived[0])
    return Fate.BROKEN if is_broken else Fate.PASSED


def judge_by_scan(folder: Path, rows: Sequence[Mapping[str, str]], one: Gateway) -> dict[str, str]:
    """What `pratique scan` would do with each: `deliver`, or another decision."""
    policy = folder / "policy.json"
    policy.write_text("{}")
    decisions: dict[str, str] = {}
    for start in range(0, len(rows), _FILES_PER_SCAN):
        files = [str(folder / f"{row['name']}.eml") for row in rows[start : start + _FILES_PER_SCAN]]
        done = one.run("scan", "--json", "--policy", str(policy), *files, seconds=600)
        assert done.stdout, f"pratique scan: exit {done.returncode}: {done.stderr}"
        found = json.loads(done.stdout)
        for record in found if isinstance(found, list) else [found]:
            decisions[Path(record["file"]).stem] = record["decision"]["kind"]
    return decisions


def judge_all(folder: Path, rows: Sequence[Mapping[str, str]]) -> list[Judgement]:
    """Both ways; the scan's judgement stands beside the server's only where they differ."""
    with Receiver() as receiver:
        route = f"smtp://{HOST}:{receiver.port}"
        with serving({"tenant.example": route}, {"clamd": "none", "client_connections": "0"}) as one:
            judged = judge_by_server(folder, rows, one.smtp_port, receiver)
            decisions = judge_by_scan(folder, rows, one)
    for each in tuple(judged):
        decision = decisions.get(each.name, "no answer")
        if (decision == "deliver") != each.why.startswith("250") and each.fate is not Fate.ERROR:
            judged.append(Judgement(each.name, each.room, Fate.OTHERWISE, f"{each.why}; scan: {decision}"))
    return judged


def report(judged: Iterable[Judgement]) -> bool:
    """Print what was wrong, a table by class, and the counts; True when nothing was wrong."""
    tally: dict[str, Counter[Fate]] = {}
    for each in judged:
        tally.setdefault(each.room, Counter())[each.fate] += 1
        if each.fate not in RIGHT:
            print(f"{each.fate.value:20} {each.name}: {each.why}"[:200])
    for room, counts in tally.items():
        print(f"{room:20} " + ", ".join(f"{fate.value} {count}" for fate, count in sorted(counts.items())))
    total = sum(tally.values(), Counter[Fate]())
    count = total.total() - total[Fate.OTHERWISE]
    print(f"corpus: {count} messages, " + ", ".join(f"{fate.value} {total[fate]}" for fate in Fate))
    return all(fate in RIGHT or not total[fate] for fate in Fate)


def main() -> int:
    """The command."""
    words = argparse.ArgumentParser(prog="python -m tests.corpus.judge", description="Judge the program by the corpus.")
    words.add_argument("folder", type=Path, nargs="?")
    words.add_argument("--pairs", type=int, default=0)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--only", default="")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        cases = chain(all_cases(), pairs(given.pairs, given.seed))
        write(folder, (case for case in cases if search(given.only, case.name)))
        rows = json.loads((folder / "manifest.json").read_text())
        return 0 if report(judge_all(folder, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
