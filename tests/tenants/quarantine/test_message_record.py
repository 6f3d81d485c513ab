"""The record that people see of a message."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.quarantine.message_record import (
    MessageRecord,
    RecordedAmbiguity,
    RecordedArtifact,
    RecordedFinding,
    RecordError,
)

texts = st.text(max_size=20)
records = st.builds(
    MessageRecord,
    headers=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    artifacts=st.lists(
        st.builds(
            RecordedArtifact,
            number=st.integers(0),
            parent=st.none() | st.integers(0),
            name=texts,
            declared_type=texts,
            reading=texts,
            octets=st.integers(0),
            sha256=texts,
            true_type=texts,
        ),
        max_size=3,
    ).map(tuple),
    preview=texts,
    is_preview_cut=st.booleans(),
    ambiguities=st.lists(st.builds(RecordedAmbiguity, texts, st.integers(0)), max_size=2).map(tuple),
    findings=st.lists(st.builds(RecordedFinding, texts, texts, st.integers(0), texts), max_size=2).map(tuple),
)


@given(records)
def test_a_record_survives_its_json(record: MessageRecord) -> None:
    """What `to_json` writes, `from_json` reads as an equal value."""
    assert MessageRecord.from_json(record.to_json()) == record


def test_a_record_without_true_types_is_read_and_one_with_them_is_read_by_the_release_before() -> None:
    """They stand beside the artifacts, which are what they were."""
    artifact = RecordedArtifact(0, None, "a.txt", "text/plain", "part", 1, "00", "application/x-dosexec")
    document = json.loads(MessageRecord(artifacts=(artifact,)).to_json())
    assert document["artifacts"] == [[0, None, "a.txt", "text/plain", "part", 1, "00"]]
    assert document.pop("true_types") == ["application/x-dosexec"]
    of_before = MessageRecord.from_json(json.dumps(document).encode())
    assert of_before.artifacts == (replace(artifact, true_type=""),)
    assert "true_types" not in json.loads(of_before.to_json())


def test_a_lone_surrogate_does_not_stop_the_record() -> None:
    """Text that UTF-8 cannot hold is replaced, not refused."""
    assert MessageRecord.from_json(MessageRecord(preview="a\ud800b").to_json()).preview == "a?b"


def test_findings_are_added_later() -> None:
    """`with_findings` replaces the findings and nothing else."""
    found = RecordedFinding("clamd", "Eicar", 1, "infected")
    assert MessageRecord(preview="x").with_findings([found]) == MessageRecord(preview="x", findings=(found,))


def _document(**changes: object) -> bytes:
    return json.dumps(json.loads(MessageRecord().to_json()) | changes).encode()


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b"[" * 100_000,
        _document(headers=[["a"]]),
        _document(headers=[["a", 1]]),
        _document(artifacts=[[1]]),
        _document(true_types=["text/plain"]),
        _document(true_types=[1], artifacts=[[0, None, "", "", "", 0, ""]]),
        _document(artifacts=[["1", None, "", "", "", 0, ""]]),
        _document(artifacts=[[True, None, "", "", "", 0, ""]]),
        _document(preview=None),
        _document(findings=[["a", "b"]]),
        _document(ambiguities=7),
    ],
)
def test_anything_else_is_a_record_error(octets: bytes) -> None:
    """No other exception leaves `from_json`."""
    with pytest.raises(RecordError):
        MessageRecord.from_json(octets)


def test_ambiguities_are_explained() -> None:
    """Each kind once; a record of before has no sentences."""
    odd = tuple(RecordedAmbiguity(name, place) for place, name in enumerate(["bare-lf", "header-nul", "bare-lf"]))
    record = MessageRecord(ambiguities=odd, explanations=(("bare-lf", "Line ends of both kinds."),))
    assert MessageRecord.from_json(record.to_json()) == record
    assert record.explained() == (("bare-lf", "Line ends of both kinds."), ("header-nul", ""))
    assert b"explanations" not in MessageRecord().to_json()
