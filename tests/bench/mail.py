"""Mail for measuring, in which no two messages share a leaf: random octets in every part.

Neither our verdict cache nor a scanner's own memory can answer for any of it. No line begins with a dot, so a message
goes over DATA as it is. For `outbreak.py` also copies of one message, which differ in their headers alone.

A load is a word: a number of octets, `mixed`, `zip` (a text and an archive of MEMBERS files), or one of those behind
`copies-of-`.
"""

import base64
import io
import os
import random
import zipfile
from collections.abc import Iterator

MIXED = "mixed"
"""70 % text and HTML of 4-15 KB; with attachments 20 % 50-300 KB, 8 % 1-3 MB, 2 % 8-12 MB."""
_KB, _MB = 1000, 1_000_000
_SHARES = (
    (0.70, 4 * _KB, 15 * _KB),
    (0.20, 50 * _KB, 300 * _KB),
    (0.08, 1 * _MB, 3 * _MB),
    (0.02, 8 * _MB, 12 * _MB),
)
_SMALL_OCTETS = 20 * _KB
_HEADER = """\
Received: from out{0}.sender.example (out{0}.sender.example [192.0.2.7])\r
\tby relay.sender.example with ESMTPS id {1}\r
\tfor <user@bench.example>; Mon, 23 Nov 2026 12:00:00 +0000\r
From: =?utf-8?q?J=C3=BCrgen?= <person{0}@sender.example>\r
To: user@bench.example\r
Subject: Report {1}\r
Date: Mon, 23 Nov 2026 12:00:00 +0000\r
Message-ID: <{1}@sender.example>\r
MIME-Version: 1.0\r
"""
_WORDS = (
    "the",
    "report",
    "of",
    "this week",
    "shows",
    "more orders",
    "than",
    "last year",
    "and",
    "fewer",
    "were",
    "late",
)


ZIP = "zip"
COPIES = "copies-of-"
MEMBERS = 200


def make_messages(load: str, count: int, seed: int) -> Iterator[bytes]:
    """That many messages; the same sizes for the same seed."""
    dice = random.Random(seed)
    if load.startswith(COPIES):
        [first] = make_messages(load.removeprefix(COPIES), 1, seed)
        header, _, body = first.partition(b"Content-Type: multipart")
        for _ in range(count):
            yield header.replace(b"Message-ID: <", b"Message-ID: <%b." % os.urandom(8).hex().encode()) + (
                b"Content-Type: multipart" + body
            )
        return
    sizes = list(_mixed_sizes(count, dice)) if load == MIXED else [0 if load == ZIP else int(load)] * count
    dice.shuffle(sizes)
    for octets in sizes:
        yield make_message(octets, dice) if octets else make_archive(dice)


def make_archive(dice: random.Random) -> bytes:
    """A text, and a zip of MEMBERS small files that share nothing: dear to a scanner, cheap to carry."""
    unique, file = os.urandom(8).hex(), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(MEMBERS):
            archive.writestr(f"file{number}.txt", _text(500, dice))
    head = _HEADER.format(dice.randrange(90) + 10, unique)
    return _multipart(head, "mixed", unique, _text_part(_text(500, dice)), _attached(file.getvalue(), 0))


def make_message(octets: int, dice: random.Random) -> bytes:
    """One of about that size: text and HTML below 20 KB, above that a text and one or two attachments."""
    unique = os.urandom(8).hex()
    head = _HEADER.format(dice.randrange(90) + 10, unique)
    if octets <= _SMALL_OCTETS:
        room = max(0, octets - len(head) - 420)
        text, page = _text(room * 2 // 5, dice), _text(room * 3 // 5, dice)
        return _multipart(head, "alternative", unique, _text_part(text), _html_part(page))
    room = max(0, octets - len(head) - 3000)
    count = dice.choice((1, 2))
    attachments = [_attachment(room // count, number) for number in range(count)]
    return _multipart(head, "mixed", unique, _text_part(_text(2200, dice)), *attachments)


def _mixed_sizes(count: int, dice: random.Random) -> Iterator[int]:
    """Exact shares, so that two runs of a few hundred messages weigh the same."""
    left = count
    for share, least, most in reversed(_SHARES[1:]):
        these = round(count * share)
        left -= these
        yield from (least + (most - least) * number // max(1, these - 1) for number in range(these))
    yield from (dice.randrange(_SHARES[0][1], _SHARES[0][2]) for _ in range(left))


def _text(octets: int, dice: random.Random) -> str:
    lines, length = [], 0
    while length < octets:
        lines.append(" ".join([os.urandom(4).hex(), *dice.choices(_WORDS, k=11)]))
        length += len(lines[-1]) + 2
    return "\r\n".join(lines)


def _text_part(text: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"


def _html_part(text: str) -> str:
    paragraphs = text.replace("\r\n", "</p>\r\n<p>")
    return f"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>{paragraphs}</p></body></html>\r\n"


def _attachment(encoded_octets: int, number: int) -> str:
    return _attached(os.urandom(encoded_octets * 72 // 100), number)


def _attached(octets: bytes, number: int) -> str:
    encoded = base64.encodebytes(octets).decode("ascii").replace("\n", "\r\n")
    return (
        f'Content-Type: application/octet-stream; name="data{number}.bin"\r\n'
        f'Content-Disposition: attachment; filename="data{number}.bin"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}"
    )


def _multipart(head: str, kind: str, unique: str, *parts: str) -> bytes:
    boundary = f"=_{unique}"
    body = "".join(f"--{boundary}\r\n{part}" for part in parts)
    return f'{head}Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{body}--{boundary}--\r\n'.encode()
