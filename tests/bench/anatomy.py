"""What the walk costs, beside Python's own parser: `python -m tests.bench.anatomy`.

Prints CPU milliseconds a message (median of several rounds) for mail of 10 KB, 100 KB and 1 MB: the walk with all
digests and ambiguity checks; all of a cell's work on it (walk, signatures, record, report); and the email package
parsing, walking and decoding. No two messages of a round are alike.
"""

import email
import os
import statistics
import time
from collections.abc import Callable

from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import walk
from mx.cell.child import Instruments, examine
from mx.cell.opening import OpeningPage
from mx.cell.signatures import Signatures, compile_rules
from mx.cell.wire import Request
from mx.cell.wishes import NO_WISHES
from tests.contracts.mail import base64_part, message, text_part

RECEIVED = (
    b"Received: from mail%d.sender.example (mail%d.sender.example [192.0.2.%d])\r\n\tby mx.example with ESMTPS id"
    b" 4ABC%d\r\n\tfor <bob@customer.example>; Mon, 23 Nov 2026 12:00:0%d +0000\r\n"
)
HEADER = (
    b"".join(RECEIVED % ((number,) * 5) for number in range(5))
    + b"DKIM-Signature: v=1; a=rsa-sha256; d=sender.example; s=s1;\r\n\tb=" + b"Ab9/" * 90 + b"\r\n"
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@sender.example>\r\nTo: bob@customer.example\r\nSubject: The report\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n"
)  # fmt: skip
SIZES = ((10_000, 200), (100_000, 60), (1_000_000, 15))
ROUNDS = 5


def make_message(octets: int) -> bytes:
    """A message of about that size: five Received, a DKIM signature, a text, two random attachments."""
    attachment = max(0, octets - 3200) * 73 // 200
    parts = [base64_part(os.urandom(attachment), b"a%d.pdf" % number, b"application/pdf") for number in range(2)]
    return message(text_part(b"Some words of text in a line, and more.\r\n" * 20), *parts, header=HEADER)


def by_email_package(octets: bytes) -> None:
    """What the standard library needs for the same tree."""
    for part in email.message_from_bytes(octets).walk():
        part.get_payload(decode=True)


def milliseconds(work: Callable[[bytes], object], messages: list[bytes]) -> float:
    """CPU milliseconds a message."""
    began = time.process_time()
    for octets in messages:
        work(octets)
    return (time.process_time() - began) * 1000 / len(messages)


def main() -> None:
    """Print the table."""
    instruments = Instruments(DEEP_READERS, Signatures(compile_rules()), OpeningPage(), time.process_time)
    works: dict[str, Callable[[bytes], object]] = {
        "walk": lambda octets: walk(octets, Budget(time.process_time)),
        "cell": lambda octets: list(examine(octets, Request(len(octets), 0, 10, False), NO_WISHES, instruments)),
        "email package": by_email_package,
    }
    heads = "".join(f"{name:>16}" for name in works)
    print(f"{'octets':>10}{heads}{'package / walk':>16}   CPU ms a message")
    for size, count in SIZES:
        figures: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            messages = [make_message(size) for _ in range(count)]
            for name, work in works.items():
                figures[name].append(milliseconds(work, messages))
        medians = {name: statistics.median(values) for name, values in figures.items()}
        columns = "".join(f"{value:16.3f}" for value in medians.values())
        print(f"{len(make_message(size)):>10}{columns}{medians['email package'] / medians['walk']:16.2f}")


if __name__ == "__main__":
    main()
