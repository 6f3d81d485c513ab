"""One held message as `pratique quarantine` prints and exports it.

Comes in: the book's HeldMessage, and its sealed record and octets. Goes out: JSON values, lines for people, a file.

Failure: a record that cannot be read is left out, and the rest is shown; octets that cannot be read whole leave no
file.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from pratique.printing import escaped, print_facts, print_table, shown
from tenants.encryption.sealed import SealedStore
from tenants.quarantine.book import HeldBlobs, HeldMessage
from tenants.quarantine.message_record import MessageRecord, RecordError
from tenants.refusals import Refusal
from tenants.storage.blobs.contract import BlobMissing
from tenants.storage.blobs.segments import SealBroken

SHOWN_APART = ("findings", "headers", "artifacts")


def list_record(message: HeldMessage, tenant: str) -> dict[str, Any]:
    """A held message in a list."""
    return {
        "id": message.id,
        "time": message.held_at,
        "tenant": tenant,
        "recipients": [recipient.address for recipient in message.recipients],
        "message_id": message.facts.message_id,
        "subject": message.facts.subject,
        "reverse_path": message.facts.reverse_path,
        "reason": message.reason,
        "verdict": message.verdict,
        "findings": message.finding_names,
        "state": message.state,
        "result": message.last_result,
        "transaction": message.facts.transaction,
    }


def show_record(message: HeldMessage, tenant: str, store: SealedStore, blobs: HeldBlobs | None) -> dict[str, Any]:
    """A held message with all that may be shown of it; its text is not among that."""
    record = _read_record(store, blobs)
    return list_record(message, tenant) | {
        "octets": message.facts.octets,
        "client_address": message.facts.client_address,
        "requested_by": message.requested_by,
        "findings": message.findings,
        "headers": record.headers,
        "artifacts": record.artifacts,
    }


def print_held(record: Mapping[str, Any]) -> None:
    """The same for people."""
    print_facts((name.replace("_", " "), value) for name, value in record.items() if name not in SHOWN_APART)
    for title, lines in (
        (
            "findings",
            [f"{note.severity}: {note.name} ({note.engine}, part {note.artifact})" for note in record["findings"]],
        ),
        ("headers", [f"{name}: {value}" for name, value in record["headers"]]),
    ):
        if lines:
            click.echo(f"\n{title}:")
        for line in lines:
            click.echo(f"  {escaped(line)}")
    if record["artifacts"]:
        click.echo()
        rows = [(part.number, part.name, part.declared_type, part.octets, part.sha256) for part in record["artifacts"]]
        print_table(["part", "name", "type", "octets", "SHA-256"], rows, "")


def save_message(output: Path, pieces: Iterable[bytes]) -> int:
    """Write the pieces to a new file of the owner's alone; how many octets. Raises Refusal and OSError.

    The file appears under its name when it is whole.
    """
    if output.exists():
        raise Refusal(f"{output} is there already: choose another name.")
    partial = output.with_name(output.name + ".part")
    octets = 0
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for piece in pieces:
                octets += file.write(piece)
        partial.rename(output)
    except (BlobMissing, SealBroken) as error:
        raise Refusal(f"The stored message cannot be read: {shown(str(error))}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return octets


def _read_record(store: SealedStore, blobs: HeldBlobs | None) -> MessageRecord:
    if blobs is None or blobs.record is None:
        return MessageRecord()
    try:
        return MessageRecord.from_json(b"".join(store.read(blobs.record)))
    except (RecordError, BlobMissing, SealBroken) as error:
        click.echo(f"The message's record cannot be read ({error}).", err=True)
        return MessageRecord()
