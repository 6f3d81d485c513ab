"""What `pratique scan` says of each file: a record, as JSON or as lines, and the exit status of all together.

Comes in: an `Examination` of each file, or why it could not be read. Goes out: documents in the form that contract.md
has for `--json`. An engine that was asked and gave no answer counts as not clean: nothing is known then.

Failure: a policy that is none is one plain line, before anything is scanned.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from mx.decision import decide
from mx.examination import Examination
from mx.verdict import VerdictKind
from pratique.policy_file import read_policy_file
from pratique.printing import print_json, shown, word
from tenants.policies.policy import Policy, PolicyError, parse_policy

NOT_CLEAN, UNREADABLE = 10, 3
WORDS = {VerdictKind.ENCRYPTED_MESSAGE: "encrypted"}
"""Verdicts that have another word here: that a message is encrypted, not an archive, its findings' names say."""


def read_policy(file: Path) -> Policy:
    """The policy in this file. Raises Refusal, OSError, and ClickException where its entries are not a policy's."""
    try:
        return parse_policy(read_policy_file(file))
    except PolicyError as error:
        raise click.ClickException(str(error)) from None


def show_results(
    files: Sequence[Path], results: Sequence[Examination | OSError], policy: Policy | None, *, as_json: bool
) -> int:
    """Print them, what could not be read on standard error; the exit status."""
    records: list[dict[str, object]] = []
    for file, result in zip(files, results, strict=True):
        if isinstance(result, OSError):
            click.echo(f"{file}: {result.strerror or result}.", err=True)
        else:
            records.append(_record(file, result, policy))
    if as_json:
        print_json(records[0] if len(files) == 1 and records else records)
    else:
        for record in records:
            _print(record)
    if len(records) < len(files):
        return UNREADABLE
    is_clean = all(record["verdict"] == VerdictKind.CLEAN and not record.get("unanswered") for record in records)
    return 0 if is_clean else NOT_CLEAN


def _record(file: Path, examination: Examination, policy: Policy | None) -> dict[str, object]:
    verdict = examination.verdict
    record: dict[str, object] = {
        "file": str(file),
        "verdict": WORDS.get(verdict.kind, verdict.kind.value),
        "findings": [asdict(finding) for finding in verdict.findings],
        "ambiguities": list(dict.fromkeys(ambiguity.name for ambiguity in verdict.ambiguities)),
        "artifacts": len(examination.artifacts),
        "seconds": round(examination.seconds, 4),
    }
    if verdict.unanswered:
        record["unanswered"] = [f"{failed.engine}: {failed.reason}" for failed in verdict.unanswered]
    if policy is not None:
        decision = decide(verdict, policy, file.stat().st_size)
        record["decision"] = {"kind": type(decision).__name__.lower()} | asdict(decision)
    return record


def _print(record: dict[str, object]) -> None:
    click.echo(f"{word(str(record['file']))}: {record['verdict']}")
    for key in ("findings", "ambiguities", "unanswered", "decision"):
        value = record.get(key)
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict):
                click.echo("  " + ", ".join(f"{name} {shown(each)}" for name, each in entry.items()))
            elif entry is not None:
                click.echo(f"  {key}: {shown(entry)}")
