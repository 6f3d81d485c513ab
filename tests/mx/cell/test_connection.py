"""One cell as its pool sees it, against a child that lies."""

import json
from collections.abc import Callable

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from mx.anatomy.containers.contract import whole
from mx.artifact import Artifact
from mx.cell import connection as connection_module
from mx.cell.connection import Answer, CellConnection, CellLost, CellStarved, DeeperNeeded
from mx.cell.report import CellReport
from mx.cell.wire import FrameKind, Request, frame, report_octets
from mx.cell.wishes import Wishes
from mx.finding import NothingFound
from mx.spool import MEMORY_OCTETS, Spool, SpoolFull

ABOUT = {"rules": "abc", "confinement": ["limits"], "is_deep": True, "missing": ["rar"]}
READY = frame(FrameKind.READY, json.dumps(ABOUT).encode())
DIGEST = "0" * 64
MESSAGE = b"0123456789"
RECORD = frame(FrameKind.RECORD, b"{}")


class Wire(StringTransport):
    """A transport whose abrupt end is heard at once."""

    protocol: CellConnection

    has_ended = False

    def abortConnection(self) -> None:
        if not self.has_ended:
            self.has_ended = True
            self.protocol.connectionLost(Failure(ConnectionDone()))


class Scene:
    """A connection, and all that it did."""

    def __init__(self) -> None:
        self.readies = self.losses = 0
        self.answers: list[Answer | Failure] = []
        self.cell = CellConnection(self._count("readies"), self._count("losses"), None)
        self.wire = Wire()
        self.wire.protocol = self.cell
        self.cell.makeConnection(self.wire)  # type: ignore[arg-type]

    def _count(self, name: str) -> Callable[..., None]:
        def counted(*arguments: object) -> None:
            setattr(self, name, getattr(self, name) + 1)

        return counted

    def give(self, message: bytes = MESSAGE, *, wants_artifacts: bool = True) -> None:
        spool = Spool()
        spool.write(message)
        spool.freeze()
        self.spool = spool
        self.cell.examine(spool, 10.0, wants_artifacts=wants_artifacts).addBoth(self.answers.append)

    @property
    def name(self) -> str:
        (answer,) = self.answers
        return answer.name if isinstance(answer, CellLost) else ""


def ready(*, is_deep: bool = True) -> Scene:
    scene = Scene()
    scene.cell.dataReceived(frame(FrameKind.READY, json.dumps({**ABOUT, "is_deep": is_deep}).encode()))
    return scene


def report(*unpacked: int) -> bytes:
    artifacts = [Artifact(0, None, "message", "", "message", DIGEST, whole(MESSAGE))]
    starts: list[int | None] = [0]
    for number, octets in enumerate(unpacked, 1):
        artifacts.append(Artifact(number, 0, "a", "", "zip-member", DIGEST, whole(bytes(octets))))
        starts.append(None)
    return frame(FrameKind.REPORT, report_octets(artifacts, starts, (), {"yara": (), "macros": ()}, (), ("", "")))


def test_a_message_goes_out_and_a_report_comes_back() -> None:
    """Request and octets are written; report and record make the answer; the cell is free before that is heard."""
    scene = ready()
    scene.give()
    assert scene.wire.value() == Request(10, 0, 10.0, True).to_octets() + MESSAGE
    scene.cell.dataReceived(report() + RECORD)
    (answer,) = scene.answers
    assert isinstance(answer, CellReport)
    assert answer.outcomes == (NothingFound("yara"), NothingFound("macros"))
    assert b"".join(answer.artifacts[0].content.chunks()) == MESSAGE
    assert (scene.readies, scene.losses) == (2, 0)


def test_unpacked_contents_are_collected() -> None:
    """Blobs fill the artifacts that are not part of the message, one behind another, wherever a frame ends."""
    scene = ready()
    scene.give()
    scene.cell.dataReceived(report(3, 0, 2) + RECORD + frame(FrameKind.BLOB, b"ab") + frame(FrameKind.BLOB, b"cde"))
    (answer,) = scene.answers
    assert isinstance(answer, CellReport)
    assert [b"".join(each.content.chunks()) for each in answer.artifacts[1:]] == [b"abc", b"", b"de"]
    answer.close()


def test_contents_are_empty_when_nobody_asked() -> None:
    """Without contents asked for, the report is complete with the record."""
    scene = ready()
    scene.give(wants_artifacts=False)
    scene.cell.dataReceived(report(5) + RECORD)
    (answer,) = scene.answers
    assert isinstance(answer, CellReport)
    assert [part.content.octets for part in answer.artifacts] == [0, 0]


NONSENSE = {
    "no frame": b"\xff" * 20,
    "record first": RECORD,
    "blob first": frame(FrameKind.BLOB, b"x"),
    "two reports": report() + report(),
    "blob before the record": report(5) + frame(FrameKind.BLOB, b"abcde"),
    "a blob too long": report(5) + RECORD + frame(FrameKind.BLOB, b"abcdef"),
    "an empty blob": report(5) + RECORD + frame(FrameKind.BLOB, b""),
    "ready again": READY,
    "deeper, from a deep cell": frame(FrameKind.DEEPER, b""),
    "starved, after its report": report(5) + frame(FrameKind.STARVED, b""),
    "a report of nothing": frame(FrameKind.REPORT, b"[]"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_ends_the_child(case: str) -> None:
    """The child is killed, and its message is unscannable."""
    scene = ready()
    scene.give()
    scene.cell.dataReceived(NONSENSE[case])
    assert scene.name == "cell-nonsense"
    assert scene.losses == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"[" * 3000, b'{"rules": 1, "confinement": 2, "is_deep": 1, "missing": []}']
)
def test_a_child_that_cannot_say_what_it_is_ends(body: bytes) -> None:
    """It never becomes ready."""
    scene = Scene()
    scene.cell.dataReceived(frame(FrameKind.READY, body))
    assert (scene.readies, scene.losses) == (0, 1)


def test_words_that_nobody_asked_for_end_the_child() -> None:
    """An idle child that talks is not trusted with the next message."""
    scene = ready()
    scene.cell.dataReceived(report())
    assert scene.losses == 1


def test_a_failed_child_ends() -> None:
    """FAILED: `cell-error`, and another child for the next message."""
    scene = ready()
    scene.give()
    scene.cell.dataReceived(frame(FrameKind.FAILED, b"MemoryError"))
    assert scene.name == "cell-error"
    assert scene.losses == 1


def test_a_lost_connection_is_a_dead_child() -> None:
    """The socket closes: `cell-died`; contents that had come are freed."""
    scene = ready()
    scene.give()
    scene.cell.dataReceived(report(5) + RECORD + frame(FrameKind.BLOB, b"ab"))
    scene.cell.connectionLost(Failure(ConnectionDone()))
    assert scene.name == "cell-died"


def test_a_full_disk_is_not_the_message_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for contents: the answer is SpoolFull, not a verdict."""

    class FullSpool(Spool):
        def write(self, octets: bytes) -> None:
            raise SpoolFull(28, "no room")

    scene = ready()
    scene.give()
    monkeypatch.setattr(connection_module, "Spool", FullSpool)
    scene.cell.dataReceived(report(5) + RECORD + frame(FrameKind.BLOB, b"ab"))
    (failure,) = scene.answers
    assert isinstance(failure, Failure)
    assert failure.check(SpoolFull)
    assert scene.losses == 1


def test_a_large_message_is_written_as_it_is_taken() -> None:
    """One piece for each time that the transport asks."""
    scene = ready()
    scene.give(bytes(MEMORY_OCTETS + 1))
    scene.wire.clear()
    scene.wire.producer.resumeProducing()
    assert len(scene.wire.value()) == 1 << 16
    for _ in range(17):
        scene.wire.producer.resumeProducing()
    assert len(scene.wire.value()) == MEMORY_OCTETS + 1
    assert scene.wire.producer is None
    scene.spool.close()


def test_a_spool_closed_too_early_ends_the_child() -> None:
    """A message that cannot be read to its end leaves no child waiting for it."""
    scene = ready()
    scene.give(bytes(MEMORY_OCTETS + 1))
    scene.wire.producer.resumeProducing()
    scene.spool.close()
    scene.wire.producer.resumeProducing()
    assert scene.name == "cell-died"


def test_a_light_cell_that_needs_a_deeper_one_is_free_again() -> None:
    """The message is not judged, and the cell takes the next."""
    scene = ready(is_deep=False)
    scene.give()
    scene.cell.dataReceived(frame(FrameKind.DEEPER, b""))
    assert scene.answers == [DeeperNeeded()]
    assert (scene.readies, scene.losses) == (2, 0)


def test_a_cell_that_was_not_let_compute_is_free_again() -> None:
    """However deep it is."""
    scene = ready()
    scene.give()
    scene.cell.dataReceived(frame(FrameKind.STARVED, b""))
    assert scene.answers == [CellStarved()]
    assert (scene.readies, scene.losses) == (2, 0)


def test_wishes_go_before_the_message() -> None:
    """Their size stands in the request."""
    scene = ready()
    spool = Spool()
    spool.write(MESSAGE)
    spool.freeze()
    wishes = Wishes(7, ("secret",))
    scene.cell.examine(spool, 10.0, wishes, wants_artifacts=False)
    wished = wishes.to_octets()
    assert scene.wire.value() == Request(10, len(wished), 10.0, False).to_octets() + wished + MESSAGE
    spool.close()


def test_an_answer_to_half_a_message_is_nonsense() -> None:
    """A cell that answers before it has been told everything is in other hands."""
    scene = ready()
    scene.give(bytes(MEMORY_OCTETS + 1))
    scene.cell.dataReceived(report() + RECORD)
    assert scene.name == "cell-nonsense"
    scene.spool.close()


def test_a_cell_says_what_it_is() -> None:
    """Rules, confinement, whether it is deep, and what cannot be read on this machine."""
    about = ready().cell.about
    assert about is not None
    assert (about.rules_version, about.confinement, about.is_deep, about.missing) == (
        "abc",
        ("limits",),
        True,
        ("rar",),
    )
