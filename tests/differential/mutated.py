"""Messages made by a grammar and then mutated at its tokens: header names, separators, boundaries, encodings.

Each begins as a letter of the corpus with up to three of its tricks; then some tokens of its headers and of its
boundary lines are taken out, doubled, exchanged, or replaced by tokens of other letters. The same seed gives the same
messages. The attachment's octets are different in each message, so that it is known when they are found.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.corpus.index import tricks
from tests.corpus.letter import Decoder, Letter, Trick, encode_quoted

_TOKEN = re.compile(rb"\r\n|[A-Za-z0-9*]+|[ \t]+|[\r\n]|.", re.DOTALL)
_POOL = (
    b"\r\n", b"\n", b"\r", b"\r\n ", b"\r\n\t", b" ", b"\t", b"\0", b";", b":", b"=", b'"', b"'", b"\\", b"(", b")",
    b",", b"/", b"--", b"-", b"b1", b"b2", b"--b1", b"--b1--", b"boundary", b"boundary*", b"boundary*0", b"charset",
    b"multipart", b"mixed", b"text", b"plain", b"base64", b"7bit", b"8bit", b"quoted-printable", b"x-uuencode", b"?",
    b"=?us-ascii?Q?", b"?=", b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition", b"MIME-Version",
    b"message/rfc822", b"multipart/mixed", b"text/html", b"attachment", b"filename", b"name", b"\xa0", b"\x0b", b"\x80",
    b"\r\n\r\n", b"From ", b"%", b"*", b"@", b"<", b">",
)  # fmt: skip
_BODY_POOL = (b"=", b"==", b"\r\n", b"\n", b"\r", b" ", b".", b"-", b"=\r\n", b"A", b"\0", b"=3D", b"_", b"--", b"\xff")


@dataclass(frozen=True, slots=True)
class Mutated:
    """One message, and what made it."""

    number: int
    content: bytes
    recipe: str


def mutated(seed: int, count: int, start: int = 0) -> Iterator[Mutated]:
    """So many messages; each has a seed of its own, so any one can be made again alone."""
    known = tricks()
    for number in range(start, start + count):
        yield _one(random.Random(f"{seed}/{number}"), number, known)


def _one(choices: random.Random, number: int, known: Sequence[Trick]) -> Mutated:
    letter = replace(Letter(), payload=choices.randbytes(choices.choice((7, 68, 200))), text_part=_text(choices))
    chosen: list[Trick] = []
    for trick in choices.sample(known, choices.choice((0, 0, 1, 1, 2, 3))):
        if all(trick.fits(other) for other in chosen):
            chosen.append(trick)
    if any(trick.decoder is Decoder.QUOTED for trick in chosen) or (not chosen and choices.random() < 0.3):
        letter = replace(letter, encoding_value=b"quoted-printable", encode=encode_quoted)
    for trick in chosen:
        letter = trick.change(letter)
    content = letter.render(str(number))
    operations = []
    if len(content) < 20_000:
        for _ in range(choices.choice((0, 1, 1, 2, 2, 3, 5))):
            operation = choices.choice(_OPERATIONS)
            content = operation(content, choices)
            operations.append(operation.__name__.strip("_"))
    names = [trick.full_name for trick in chosen]
    return Mutated(number, content, " + ".join([*names, *operations]) or "as it is")


def _text(choices: random.Random) -> bytes:
    """A first part that can be told from that of any other message."""
    word = b"%012x" % choices.getrandbits(48)
    return b"Content-Type: text/plain; charset=utf-8\r\n\r\nGood morning " + word + b".\r\n"


def _places(content: bytes) -> list[tuple[int, int]]:
    """The tokens of headers and boundary lines: everything but what is in the encoded body."""
    return [match.span() for match in _TOKEN.finditer(content)]


def _take_out(content: bytes, choices: random.Random) -> bytes:
    start, end = choices.choice(_places(content))
    return content[:start] + content[end:]


def _double(content: bytes, choices: random.Random) -> bytes:
    start, end = choices.choice(_places(content))
    return content[:end] + content[start:]


def _exchange(content: bytes, choices: random.Random) -> bytes:
    places = _places(content)
    at = choices.randrange(max(len(places) - 1, 1))
    (start, middle), (_, end) = places[at], places[min(at + 1, len(places) - 1)]
    return content[:start] + content[middle:end] + content[start:middle] + content[end:]


def _replace(content: bytes, choices: random.Random) -> bytes:
    start, end = choices.choice(_places(content))
    return content[:start] + choices.choice(_POOL) + content[end:]


def _insert(content: bytes, choices: random.Random) -> bytes:
    start, _ = choices.choice(_places(content))
    return content[:start] + choices.choice(_POOL) + content[start:]


def _insert_in_body(content: bytes, choices: random.Random) -> bytes:
    at = choices.randrange(len(content) // 2, len(content) + 1)
    return content[:at] + choices.choice(_BODY_POOL) + content[at:]


def _double_line(content: bytes, choices: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    at = choices.randrange(len(lines))
    return b"".join([*lines[: at + 1], *lines[at:]])


def _exchange_lines(content: bytes, choices: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    one, two = choices.randrange(len(lines)), choices.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"".join(lines)


def _take_out_line(content: bytes, choices: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    lines.pop(choices.randrange(len(lines)))
    return b"".join(lines) or b"\r\n"


def _fold(content: bytes, choices: random.Random) -> bytes:
    start, _ = choices.choice(_places(content))
    return content[:start] + choices.choice((b"\r\n ", b"\r\n\t", b"\n ", b"\r ")) + content[start:]


_OPERATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _take_out, _double, _exchange, _replace, _replace, _insert, _insert, _insert_in_body, _double_line,
    _exchange_lines, _take_out_line, _fold,
)  # fmt: skip
