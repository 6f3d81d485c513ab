"""The content of one message as it arrives, over DATA or in chunks: how much, whether it is wanted, where it ends.

Comes in: pieces of content, the sizes that BDAT names. Goes out: what is to be kept, and the refusal where it is not.
Once content is refused, the rest is counted and dropped: it ends where it ends, not where it became unwanted.

A CR or an LF alone is refused over DATA, where two servers could read two messages in it. Chunks may hold them, for
their sizes say where the message ends (RFC 3030 section 2).

Limits: the message's size.
"""

from dataclasses import dataclass

from mx import reply
from mx.line_ends import are_whole
from mx.reply import Reply
from mx.smtp.events import ContentOctets
from mx.smtp.octets import Piece
from mx.smtp.states import State


@dataclass(slots=True)
class Chunk:
    """The chunk that is arriving."""

    octets: int
    is_last: bool
    state_before: State
    left: int
    refusal: Reply | None = None
    """Why it is read and dropped; None where it is kept."""
    is_answered: bool = False
    """It was refused before its octets came."""


class Arrival:
    """One message's content; of a session that has none under way, an empty one."""

    __slots__ = ("_ends_in_cr", "_has_bare_line_end", "_most_octets", "chunk", "is_over", "octets", "refusal")

    def __init__(self, most_octets: int, chunk: Chunk | None = None) -> None:
        self.octets = 0
        """How much has come, what was dropped included."""
        self.refusal: Reply | None = None
        self.is_over = False
        """The end of data, or of the chunk, has been reached."""
        self.chunk = chunk
        self._most_octets = most_octets
        self._has_bare_line_end = False
        self._ends_in_cr = False

    @property
    def has_bare_line_ends(self) -> bool:
        """Whether a CR or an LF stands alone in what was kept."""
        return self._has_bare_line_end or self._ends_in_cr

    def refuse(self, refusal: Reply) -> None:
        """Gives the content up; the first reason counts."""
        self.refusal = self.refusal or refusal

    def take(self, piece: Piece) -> ContentOctets | None:
        """A piece that came over DATA, and what of it is to be kept."""
        self.is_over = piece.is_last
        self.octets += len(piece.octets)
        if piece.has_bare_line_end:
            self.refuse(reply.BARE_LINE_END)
        if self.octets > self._most_octets:
            self.refuse(reply.TOO_LARGE)
        return ContentOctets(piece.octets) if self.refusal is None else None

    def begin_chunk(self, chunk: Chunk, refusal: Reply | None) -> Reply | None:
        """A chunk's octets are next; what is to be said before they come."""
        self.chunk, self.is_over = chunk, chunk.octets == 0
        chunk.refusal = refusal
        if refusal is None and self.octets + chunk.octets > self._most_octets:
            # Said at once: who announces more than may ever come need not send it to hear so.
            chunk.refusal, chunk.is_answered = reply.TOO_LARGE, True
            return reply.TOO_LARGE
        return None

    def take_of_chunk(self, octets: bytes, chunk: Chunk) -> ContentOctets | None:
        """Octets of the chunk, and what of them is to be kept."""
        chunk.left -= len(octets)
        self.octets += len(octets)
        self.is_over = chunk.left == 0
        if chunk.refusal is not None or self.refusal is not None:
            return None
        self._look_at_line_ends(octets)
        return ContentOctets(octets)

    def _look_at_line_ends(self, octets: bytes) -> None:
        """Over pieces of one message: a CRLF may lie across two of them."""
        if self._ends_in_cr:
            octets = b"\r" + octets
        self._ends_in_cr = octets.endswith(b"\r")
        if not are_whole(octets[:-1] if self._ends_in_cr else octets):
            self._has_bare_line_end = True
