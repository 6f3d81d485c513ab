"""What goes between us and the process of a plug-in. Pure.

A frame is its length, its kind, the number of the call that it belongs to, and a body. What goes out is pickled: who
unpickles it trusts us. What comes back is JSON and is built anew here, because nobody trusts that process.

| frame | from | body |
|---|---|---|
| `CONFIGURE` | us | group, name and settings of the plug-in, as JSON |
| `CALL` | us | what it is asked |
| `PING` | us | nothing |
| `HELLO` | it | what the plug-in says of itself, as JSON; or why there is none |
| `BEGUN` | it | nothing: the call, or the ping, was read, and the plug-in is asked now |
| `WAITS` | it | nothing: the plug-in waits for somebody, and has let go of the thread |
| `ANSWER` | it | the answer, as JSON; or what was wrong |

Failure: `Nonsense` for octets that are no frames, or no JSON; the process that sent them is ended.
Limits: a frame from that process is at most 1 MiB.
"""

import json
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from mx.artifact import Content, Octets

MOST_OCTETS_BACK = 1 << 20
NOTHING_SENT = Octets(b"")
_HEAD = struct.Struct("!IBI")


class Frame(IntEnum):
    """The kinds."""

    CONFIGURE = 1
    CALL = 2
    PING = 3
    HELLO = 4
    BEGUN = 5
    WAITS = 6
    ANSWER = 7


class Nonsense(ValueError):
    """That process does not keep to what is written here."""


def frame_octets(kind: Frame, number: int, body: bytes = b"") -> bytes:
    """One frame."""
    return _HEAD.pack(len(body), kind, number) + body


class Frames:
    """Frames out of octets as they come."""

    def __init__(self, most: int | None) -> None:
        """`most`: octets of a body; None where the other side is trusted."""
        self._most, self._buffer = most, bytearray()

    def feed(self, octets: bytes) -> Iterator[tuple[Frame, int, bytes]]:
        """The frames that are complete now. Raises Nonsense."""
        self._buffer += octets
        while len(self._buffer) >= _HEAD.size:
            length, kind, number = _HEAD.unpack_from(self._buffer)
            if (self._most is not None and length > self._most) or kind not in Frame._value2member_map_:
                raise Nonsense("no frame")
            if len(self._buffer) < _HEAD.size + length:
                return
            body = bytes(self._buffer[_HEAD.size : _HEAD.size + length])
            del self._buffer[: _HEAD.size + length]
            yield Frame(kind), number, body


def json_octets(document: object) -> bytes:
    """A body of JSON."""
    return json.dumps(document).encode("ascii")


def wrong_octets(sentence: str) -> bytes:
    """The body of `ANSWER`, or of `HELLO`, where there is none."""
    return json_octets({"wrong": sentence})


def document_of(body: bytes) -> dict[str, Any]:
    """The object that a body of JSON is. Raises Nonsense."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Nonsense("no JSON") from error
    if not isinstance(document, dict):
        raise Nonsense("no JSON object")
    return document


def sent(content: Content) -> Octets:
    """These octets, to be pickled."""
    return Octets(b"".join(content.chunks()))
