"""MessageRecord: what people will want to see of a message, without anybody opening it again.

Made in a cell (`mx/cell/record.py`), completed with the findings by the intake, kept encrypted beside the message's
octets, shown by the portal, which opens no mail itself. Every text in it comes from a stranger: whoever shows it must
escape it, and must not let it set its writing direction.

Failure: octets that are not a record raise RecordError; the portal then shows that there is no record.
Limits: the maker bounds each text (header values, names, preview); `from_json` takes what the maker made.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace


class RecordError(ValueError):
    """These octets are not the JSON of a MessageRecord."""


@dataclass(frozen=True, slots=True)
class RecordedArtifact:
    """One line of the artifact tree; the fields are those of `mx/artifact.py`, the content left out."""

    number: int
    parent: int | None
    name: str
    declared_type: str
    reading: str
    octets: int
    sha256: str
    true_type: str = ""
    """Empty where nothing is known of the octets, and in records of before."""


@dataclass(frozen=True, slots=True)
class RecordedFinding:
    """What one engine stated about one artifact."""

    engine: str
    name: str
    artifact: int
    severity: str


@dataclass(frozen=True, slots=True)
class RecordedAmbiguity:
    """A place that mail programs read differently."""

    name: str
    artifact: int


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One message as people see it."""

    headers: tuple[tuple[str, str], ...] = ()
    """Name and decoded value of each header field, in the order of the message."""
    artifacts: tuple[RecordedArtifact, ...] = ()
    preview: str = ""
    """The message's text as plain text; empty when it has none."""
    is_preview_cut: bool = False
    ambiguities: tuple[RecordedAmbiguity, ...] = ()
    findings: tuple[RecordedFinding, ...] = ()
    explanations: tuple[tuple[str, str], ...] = ()
    """The name of each kind of ambiguity in the message, and a sentence for people that says what it means."""

    def with_findings(self, findings: Iterable[RecordedFinding]) -> "MessageRecord":
        """The same record with these findings in place of its own."""
        return replace(self, findings=tuple(findings))

    def explained(self) -> tuple[tuple[str, str], ...]:
        """Each kind of ambiguity once, with its sentence; an empty one where the record was made without."""
        sentences = dict(self.explanations)
        names = dict.fromkeys(ambiguity.name for ambiguity in self.ambiguities)
        return tuple((name, sentences.get(name, "")) for name in names)

    def to_json(self) -> bytes:
        """The record as one JSON document in UTF-8."""
        document: dict[str, object] = {
            "headers": self.headers,
            "artifacts": [
                [part.number, part.parent, part.name, part.declared_type, part.reading, part.octets, part.sha256]
                for part in self.artifacts
            ],
            "preview": self.preview,
            "is_preview_cut": self.is_preview_cut,
            "ambiguities": [[ambiguity.name, ambiguity.artifact] for ambiguity in self.ambiguities],
            "findings": [[found.engine, found.name, found.artifact, found.severity] for found in self.findings],
        }
        if any(part.true_type for part in self.artifacts):
            # Beside the artifacts: a release that knows no true types reads the rest.
            document["true_types"] = [part.true_type for part in self.artifacts]
        if self.explanations:
            document["explanations"] = self.explanations
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @classmethod
    def from_json(cls, octets: bytes) -> "MessageRecord":
        """The record that `to_json` wrote. Raises RecordError for anything else."""
        try:
            document = json.loads(octets)
            artifacts = document["artifacts"]
            true_types = document.get("true_types") or [""] * len(artifacts)
            return cls(
                headers=tuple((_text(name), _text(value)) for name, value in document["headers"]),
                artifacts=tuple(_artifact(*each) for each in zip(artifacts, true_types, strict=True)),
                preview=_text(document["preview"]),
                is_preview_cut=bool(document["is_preview_cut"]),
                ambiguities=tuple(_ambiguity(entry) for entry in document["ambiguities"]),
                findings=tuple(_finding(entry) for entry in document["findings"]),
                # A release that knew no explanations wrote none.
                explanations=tuple(
                    (_text(name), _text(sentence)) for name, sentence in document.get("explanations", ())
                ),
            )
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise RecordError(f"not a message record: {type(error).__name__}") from error


def _artifact(entry: tuple[object, ...], true_type: object) -> RecordedArtifact:
    number, parent, name, declared_type, reading, octets, sha256 = entry
    return RecordedArtifact(
        _number(number),
        None if parent is None else _number(parent),
        _text(name),
        _text(declared_type),
        _text(reading),
        _number(octets),
        _text(sha256),
        _text(true_type),
    )


def _ambiguity(entry: tuple[object, ...]) -> RecordedAmbiguity:
    name, artifact = entry
    return RecordedAmbiguity(_text(name), _number(artifact))


def _finding(entry: tuple[object, ...]) -> RecordedFinding:
    engine, name, artifact, severity = entry
    return RecordedFinding(_text(engine), _text(name), _number(artifact), _text(severity))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a number is missing")
    return value
