"""The conversation with one cell: the socket, the message in hand, and what has been told so far.

Comes in: a message's spool, one at a time. Goes out: an `Answer` through a Deferred that always fires: the report, or
that the cell is too light for this message, or was not let compute, or is lost. Large messages are written as the child
reads them, contents that come back go into one spool.

Failure: nonsense, silence, death: the socket is closed and the cell counts as lost; whoever owns it ends its process.
A full disk (SpoolFull) is not the message's fault: the Deferred fails with it, and the cell is given up too, because
its blobs are still coming.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Protocol as Seam

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IPullProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from mx.anatomy.containers.contract import whole
from mx.artifact import Content
from mx.cell.report import CellReport, SpoolSpan
from mx.cell.wire import FrameKind, FrameReader, Nonsense, Request, Told, parse_report
from mx.cell.wishes import NO_WISHES, Wishes
from mx.spool import Spool

_NOTHING = whole(b"")


@dataclass(frozen=True, slots=True)
class CellAbout:
    """What a cell says of itself when it is ready."""

    rules_version: str
    engine_version: str
    confinement: tuple[str, ...]
    is_deep: bool = True
    """Whether it has every reader."""
    missing: tuple[str, ...] = ()
    """What even a deep cell cannot read here, for want of a library."""


@dataclass(frozen=True, slots=True)
class CellLost:
    """The cell is gone, and the message was not examined."""

    name: str
    """What its finding is called: `cell-died`, `cell-time`, `cell-error` or `cell-nonsense`."""


@dataclass(frozen=True, slots=True)
class DeeperNeeded:
    """The message holds what only a deep cell can open; the cell is free again."""


@dataclass(frozen=True, slots=True)
class CellStarved:
    """The machine did not let the cell compute, and the message was not examined; the cell is free again."""


Answer = CellReport | CellLost | CellStarved | DeeperNeeded


@dataclass(slots=True)
class _InHand:
    """The message that the child has now."""

    spool: Spool
    wants_artifacts: bool
    scratch_folder: Path | None
    done: Deferred[Answer]
    is_sent: bool = True
    told: Told | None = None
    record: bytes | None = None
    unpacked: Spool | None = None
    """The contents that do not stand in the message, one behind another."""
    unpacked_octets: int = 0
    """How many those are, as the report tells them."""

    def content_of(self, start: int | None, octets: int) -> Content:
        """Of an artifact: a stretch of the message, or what the cell is still to send."""
        if not self.wants_artifacts or not octets:
            return _NOTHING
        if start is not None:
            return SpoolSpan(self.spool, start, octets)
        if self.unpacked is None:
            self.unpacked = Spool(self.scratch_folder)
        content = SpoolSpan(self.unpacked, self.unpacked_octets, octets)
        self.unpacked_octets += octets
        return content

    @property
    def missing_octets(self) -> int:
        """What is still to come of the contents."""
        return self.unpacked_octets - self.unpacked.octets if self.unpacked is not None else 0

    def take(self, octets: bytes) -> None:
        """More of the contents."""
        missing = self.missing_octets
        if self.unpacked is None or not 0 < len(octets) <= missing:
            raise Nonsense("artifacts of another size than was told")
        self.unpacked.write(octets)
        if len(octets) == missing:
            self.unpacked.freeze()

    def close(self) -> None:
        """Forget the contents."""
        if self.unpacked is not None:
            self.unpacked.close()


class Wire(Seam):
    """What is asked of Twisted's transport."""

    def write(self, data: bytes) -> None: ...

    def writeSequence(self, iovec: list[bytes]) -> None: ...

    def abortConnection(self) -> None: ...

    def registerProducer(self, producer: object, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...


class CellConnection(Protocol):
    """Our end of one cell's socket."""

    transport: Wire  # type: ignore[assignment]  # Twisted's class says ITransport | None

    def __init__(
        self,
        ready: Callable[["CellConnection"], None],
        lost: Callable[["CellConnection"], None],
        scratch_folder: Path | None,
    ) -> None:
        self._ready = ready
        self._lost = lost
        self._scratch_folder = scratch_folder
        self._frames = FrameReader()
        self._in_hand: _InHand | None = None
        self.end_name = "cell-died"
        """What a lost cell's finding is called."""
        self.about: CellAbout | None = None

    def examine(
        self, spool: Spool, cpu_seconds: float, wishes: Wishes = NO_WISHES, *, wants_artifacts: bool
    ) -> Deferred[Answer]:
        """Have the child examine this message; the connection is busy until the Deferred fires."""
        assert self._in_hand is None, "a cell has one message at a time"
        done: Deferred[Answer] = Deferred()
        self._in_hand = _InHand(spool, wants_artifacts, self._scratch_folder, done)
        wished = wishes.to_octets()
        head = Request(spool.octets, len(wished), cpu_seconds, wants_artifacts).to_octets() + wished
        if spool.is_in_memory:
            self.transport.writeSequence([head, *spool.chunks()])
        else:
            self._in_hand.is_sent = False
            self.transport.write(head)
            self.transport.registerProducer(_Feeder(self.transport, self._in_hand, self.give_up), False)
        return done

    def give_up(self, name: str) -> None:
        """Close the socket now; the message in hand is answered with a lost cell of this name."""
        self.end_name = name
        self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        try:
            for kind, body in self._frames.feed(data):
                self._take(kind, body)
        except Nonsense:
            self.give_up("cell-nonsense")
        except OSError as error:
            self._fail(error)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        in_hand, self._in_hand = self._in_hand, None
        self._lost(self)
        if in_hand is not None:
            in_hand.close()
            in_hand.done.callback(CellLost(self.end_name))

    def _fail(self, error: OSError) -> None:
        in_hand, self._in_hand = self._in_hand, None
        self.give_up("cell-died")
        if in_hand is not None:
            in_hand.close()
            in_hand.done.errback(error)

    def _take(self, kind: FrameKind, body: bytes) -> None:
        if kind is FrameKind.READY and self.about is None:
            self.about = _read_about(body)
            self._ready(self)
            return
        in_hand = self._in_hand
        if in_hand is None:
            raise Nonsense("a frame that nobody asked for")
        match kind:
            case FrameKind.REPORT if in_hand.told is None:
                in_hand.told = parse_report(body, in_hand.spool.octets, in_hand.content_of)
            case FrameKind.RECORD if in_hand.told is not None and in_hand.record is None:
                in_hand.record = body
            case FrameKind.BLOB if in_hand.record is not None:
                in_hand.take(body)
            case FrameKind.DEEPER if in_hand.told is None and self.about is not None and not self.about.is_deep:
                self._end(in_hand, DeeperNeeded())
                return
            case FrameKind.STARVED if in_hand.told is None:
                self._end(in_hand, CellStarved())
                return
            case FrameKind.FAILED:
                self.give_up("cell-error")
                return
            case _:
                raise Nonsense(f"a frame of kind {kind.name} out of its turn")
        if in_hand.record is not None and not in_hand.missing_octets:
            self._finish(in_hand)

    def _finish(self, in_hand: _InHand) -> None:
        assert in_hand.told is not None
        assert in_hand.record is not None
        told = in_hand.told
        report = CellReport(
            told.artifacts,
            told.findings,
            told.ambiguities,
            told.outcomes,
            in_hand.record,
            told.message_id,
            told.subject,
            in_hand.unpacked,
        )
        self._end(in_hand, report)

    def _end(self, in_hand: _InHand, answer: Answer) -> None:
        if not in_hand.is_sent:
            raise Nonsense("an answer to half a message")
        self._in_hand = None
        self._ready(self)
        in_hand.done.callback(answer)


@implementer(IPullProducer)
class _Feeder:
    """Writes a large message piece by piece, as the child takes it."""

    def __init__(self, transport: Wire, in_hand: _InHand, give_up: Callable[[str], None]) -> None:
        self._transport = transport
        self._in_hand = in_hand
        self._chunks: Iterator[bytes] = in_hand.spool.chunks()
        self._give_up = give_up

    def resumeProducing(self) -> None:
        try:
            chunk = next(self._chunks, None)
        except (OSError, ValueError):
            self._give_up("cell-died")
            return
        if chunk is None:
            self._in_hand.is_sent = True
            self._transport.unregisterProducer()
        else:
            self._transport.write(chunk)

    def stopProducing(self) -> None:
        self._chunks = iter(())


def _read_about(body: bytes) -> CellAbout:
    try:
        document = json.loads(body)
        applied, missing = tuple(map(str, document["confinement"])), tuple(map(str, document["missing"]))
        is_deep = document["is_deep"] is True
        return CellAbout(str(document["rules"]), metadata.version("yara-x"), applied, is_deep, missing)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Nonsense("a child that cannot say what it is") from error


class OneProtocol(Factory):
    """Gives the one protocol there is to the one connection there is."""

    noisy = False

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        return self._protocol
