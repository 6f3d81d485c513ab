"""Octets mangled without a grammar: what a fuzzer does that has no instrumentation.

Comes in: messages of the corpus as seeds. Goes out: new ones, with octets flipped, stretches taken out, doubled, moved
between messages, numbers put at their ends. Containers are mangled inside their encoding, so that the mangling reaches
their readers.
"""

import base64
import random
from collections.abc import Iterator, Sequence

from tests.contracts.mail import base64_part, message
from tests.corpus.index import all_cases

_EDGES = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\n",
    b"\r",
)
_LARGEST = 64 << 10
_NAMES = (b"a.zip", b"a.doc", b"a.pdf", b"a.msg", b"winmail.dat", b"a.html", b"a.ics", b"a.bin")


def seeds() -> list[bytes]:
    """Every message of the corpus that is small enough, bombs aside: their descendants take long for a known reason."""
    return [case.content for case in all_cases() if len(case.content) <= _LARGEST and case.room != "bomb"]


def mangled(known: Sequence[bytes], seed: int, count: int) -> Iterator[bytes]:
    """So many messages."""
    for number in range(count):
        choices = random.Random(f"{seed}/{number}")
        content = choices.choice(known)
        inner = _attachment(content) if choices.random() < 0.6 else None
        if inner is None:
            yield mangle(content, choices, known)
        else:
            yield message(base64_part(mangle(inner, choices, known), choices.choice(_NAMES)))


def _attachment(content: bytes) -> bytes | None:
    """The octets of the last base64 body, when there is one."""
    _, found, rest = content.rpartition(b"Content-Transfer-Encoding: base64\r\n")
    encoded = rest.partition(b"\r\n\r\n")[2].partition(b"--")[0]
    try:
        return base64.b64decode(encoded, validate=False) if found else None
    except ValueError:
        return None


def mangle(content: bytes, choices: random.Random, known: Sequence[bytes]) -> bytes:
    """The content with up to eight changes."""
    raw = bytearray(content)
    for _ in range(choices.choice((1, 1, 2, 3, 5, 8))):
        at = choices.randrange(len(raw) + 1)
        end = min(len(raw), at + int(choices.expovariate(1 / 12)) + 1)
        match choices.randrange(7):
            case 0:
                raw[at:end] = bytes(octet ^ 1 << choices.randrange(8) for octet in raw[at:end])
            case 1:
                del raw[at:end]
            case 2:
                raw[at:at] = raw[at:end] * choices.choice((1, 2, 40))
            case 3:
                raw[at:end] = choices.choice(_EDGES)
            case 4:
                other = choices.choice(known)
                start = choices.randrange(len(other) + 1)
                raw[at:at] = other[start : start + choices.randrange(400)]
            case 5:
                raw[at:end] = choices.randbytes(end - at)
            case _:
                del raw[at:]
    return bytes(raw[:_LARGEST])
