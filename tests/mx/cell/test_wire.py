"""What passes between a pool and a cell, and what does not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import Stretch, whole
from mx.artifact import Ambiguity, Artifact
from mx.cell.wire import (
    BLOB_OCTETS,
    FrameKind,
    FrameReader,
    Nonsense,
    Request,
    frame,
    parse_report,
    report_octets,
)
from mx.finding import Finding, Found, Severity

DIGEST = "0" * 64
WITH_BODY = [kind for kind in FrameKind if kind not in (FrameKind.DEEPER, FrameKind.STARVED)]
ROOT = [None, "message", "", "message", DIGEST, 10, 0, None, [], ""]
CHILD = [0, "a.zip", "application/zip", "part", DIGEST, 5, None, [1, 9], [], ""]


def content(start: int | None, octets: int) -> Stretch:
    """In place of what a connection has, or gets."""
    return whole(bytes(min(octets, 100)))


def test_a_request_survives_the_wire() -> None:
    """A request is read as it was written."""
    request = Request(123, 45, 9.5, True)
    assert Request.from_octets(request.to_octets()) == request


@given(st.lists(st.tuples(st.sampled_from(WITH_BODY), st.binary(max_size=40)), max_size=6), st.data())
def test_any_split_gives_the_same_frames(frames: list[tuple[FrameKind, bytes]], data: st.DataObject) -> None:
    """Frames are the same, whatever pieces their octets arrive in."""
    octets = b"".join(frame(kind, body) for kind, body in frames)
    reader, got = FrameReader(), []
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=5)))
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        got.extend(reader.feed(octets[start:end]))
    assert got == frames


@pytest.mark.parametrize(
    "octets", [b"\x09\0\0\0\0", b"\x00\0\0\0\0", b"\x04\xff\xff\xff\xff", b"\x01\0\1\0\0", b"\x06\0\0\0\1"]
)
def test_a_frame_of_no_kind_or_too_long_is_nonsense(octets: bytes) -> None:
    """The limits hold before a body is waited for."""
    with pytest.raises(Nonsense):
        list(FrameReader().feed(octets))


def test_the_largest_blob_passes() -> None:
    """A BLOB frame of full size is read."""
    assert list(FrameReader().feed(frame(FrameKind.BLOB, bytes(BLOB_OCTETS)))) == [(FrameKind.BLOB, bytes(BLOB_OCTETS))]


def test_a_report_survives_the_wire() -> None:
    """What the child writes is what the parent reads."""
    artifacts = [
        Artifact(0, None, "message", "message/rfc822", "message", DIGEST, whole(bytes(10))),
        Artifact(1, 0, "grün", "", "part", DIGEST, whole(bytes(7)), ("a", "b"), "image/png", (1, 9)),
    ]
    finding = Finding("anatomy", "limit.time", 1, Severity.UNSCANNABLE)
    virus = Finding("yara", "EICAR-Test-File", 0, Severity.INFECTED)
    macro = Finding("macros", "Macro.Bad", 1, Severity.SUSPICIOUS)
    found = {"yara": [virus], "macros": [macro]}
    ambiguity = Ambiguity("bare-lf", 1)
    octets = report_octets(artifacts, [0, None], [finding], found, [ambiguity], ("<1@x>", "hé"))
    asked: list[tuple[int | None, int]] = []
    told = parse_report(octets, 10, lambda start, octets: asked.append((start, octets)) or content(start, octets))
    assert told.artifacts == tuple(artifacts) and asked == [(0, 10), (None, 7)]
    assert (told.findings, told.ambiguities) == ((finding,), (ambiguity,))
    assert told.outcomes == (Found("yara", (virus,)), Found("macros", (macro,)))
    assert (told.message_id, told.subject) == ("<1@x>", "hé")


def _report(
    artifacts: object = None,
    findings: object = (),
    signatures: object = (),
    macros: object = (),
    ambiguities: object = (),
    subject: object = "",
) -> bytes:
    return json.dumps(
        [[ROOT, CHILD] if artifacts is None else artifacts, findings, [signatures, macros], ambiguities, "", subject]
    ).encode()


def _changed(entry: list[object], place: int, value: object) -> list[object]:
    return [*entry[:place], value, *entry[place + 1 :]]


def test_the_table_starts_from_a_good_report() -> None:
    """The cases below differ from this in one place each."""
    assert parse_report(_report(), 10, content).artifacts[1].parent == 0


NONSENSE = {
    "not JSON": b"{",
    "not UTF-8": b"\xff",
    "deep": b"[" * 100_000,
    "an object": b"{}",
    "five values": b"[1,2,3,4,5]",
    "no artifact": _report([]),
    "artifacts not a list": _report("abcdefg"),
    "an artifact too short": _report([ROOT[:-1]]),
    "a root with a parent": _report([_changed(ROOT, 0, 0)]),
    "two roots": _report([ROOT, ROOT]),
    "its own parent": _report([ROOT, _changed(CHILD, 0, 1)]),
    "a negative parent": _report([ROOT, _changed(CHILD, 0, -1)]),
    "a true parent": _report([ROOT, _changed(CHILD, 0, True)]),
    "a name that is a number": _report([ROOT, _changed(CHILD, 1, 7)]),
    "a name without end": _report([ROOT, _changed(CHILD, 1, "x" * 5000)]),
    "half a surrogate pair": _report([ROOT, _changed(CHILD, 1, "\ud800")]),
    "a reading of markup": _report([ROOT, _changed(CHILD, 3, "<b>")]),
    "no digest": _report([ROOT, _changed(CHILD, 4, "xyz")]),
    "negative octets": _report([ROOT, _changed(CHILD, 5, -1)]),
    "octets beyond any budget": _report([ROOT, _changed(CHILD, 5, 1 << 40)]),
    "all together beyond any budget": _report([ROOT, *[_changed(CHILD, 5, 1 << 29)] * 3]),
    "a stretch past the end": _report([ROOT, _changed(CHILD, 6, 6)]),
    "a negative stretch": _report([ROOT, _changed(CHILD, 6, -1)]),
    "a part past the end": _report([ROOT, _changed(CHILD, 7, [1, 11])]),
    "a part that ends before it begins": _report([ROOT, _changed(CHILD, 7, [5, 4])]),
    "a part without an end": _report([ROOT, _changed(CHILD, 7, [5])]),
    "too many artifacts": _report([ROOT, *[CHILD] * 20_000]),
    "a finding of nothing": _report(findings=[["anatomy", "x", 2, "infected"]]),
    "a finding of no severity": _report(findings=[["anatomy", "x", 0, "bad"]]),
    "another engine's finding": _report(findings=[["clamd", "x", 0, "infected"]]),
    "a finding with a line end": _report(signatures=[["yara", "a\nb", 0, "infected"]]),
    "an engine in another's place": _report(macros=[["yara", "x", 0, "infected"]]),
    "an engine that says no list": _report(macros=1),
    "names without end": _report([ROOT, _changed(CHILD, 8, ["x"] * 21)]),
    "a name of a name's length": _report([ROOT, _changed(CHILD, 8, ["x" * 5000])]),
    "names that are none": _report([ROOT, _changed(CHILD, 8, [1])]),
    "a type that is none": _report([ROOT, _changed(CHILD, 9, None)]),
    "an ambiguity of nothing": _report(ambiguities=[["bare-lf", 9]]),
    "a subject that is a list": _report(subject=[]),
}  # fmt: skip


@pytest.mark.parametrize("case", NONSENSE)
def test_anything_else_is_nonsense(case: str) -> None:
    """No other exception leaves `parse_report`, and nothing wrong gets by."""
    with pytest.raises(Nonsense):
        parse_report(NONSENSE[case], 10, content)


def test_control_characters_become_spaces() -> None:
    """A subject cannot break a line of a log or a list."""
    assert parse_report(_report(subject="a\r\nb\x1bc"), 10, content).subject == "a  b c"


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_octets_are_a_report_or_nonsense(octets: bytes) -> None:
    """Nothing else can come out."""
    try:
        parse_report(octets, 10, content)
    except Nonsense:
        return
