"""`pratique scan`: the verdict on files, each one message, without a server; the same answer as the server gives.

Exit status: 0 all clean, 10 something not clean, 3 a file that cannot be read, 2 wrong usage. An engine that was asked
and gave no answer counts as not clean: nothing is known then.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from socket import socket

import click

from mx.cell.spawn import spawn_nursery
from mx.decision import decide
from mx.examination import Examination
from mx.verdict import VerdictKind
from pratique.options import json_option, with_settings
from pratique.policy_file import read_policy_file
from pratique.printing import print_json, shown, word
from pratique.settings.settings import Settings
from tenants.policies.policy import Policy, PolicyError, parse_policy

NOT_CLEAN, UNREADABLE = 10, 3
WORDS = {VerdictKind.ENCRYPTED_MESSAGE: "encrypted"}
"""Verdicts that have another word here: that a message is encrypted, not an archive, its findings' names say."""


@click.command(epilog="Example: pratique scan message.eml --json")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--policy", type=click.Path(path_type=Path), help="A policy as JSON: also says what it would do.")
@json_option
@with_settings("clamd", "cells")
def command(settings: Settings, files: tuple[Path, ...], policy: Path | None, as_json: bool) -> int:
    """Say what is in these messages."""
    chosen = None if policy is None else _read_policy(policy)
    results = _scan(settings, files, chosen)
    records: list[dict[str, object]] = []
    for file, result in zip(files, results, strict=True):
        if isinstance(result, OSError):
            click.echo(f"{file}: {result.strerror or result}.", err=True)
        else:
            records.append(_record(file, result, chosen))
    if as_json:
        print_json(records[0] if len(files) == 1 and records else records)
    else:
        for record in records:
            _print(record)
    if len(records) < len(files):
        return UNREADABLE
    is_clean = all(record["verdict"] == VerdictKind.CLEAN and not record.get("unanswered") for record in records)
    return 0 if is_clean else NOT_CLEAN


def _scan(settings: Settings, files: Sequence[Path], policy: Policy | None) -> list[Examination | OSError]:
    # The nursery starts while this process imports Twisted, which takes as long.
    started = [spawn_nursery()]

    from twisted.internet import reactor

    from pratique.clamd_at_start import with_clamd_found
    from pratique.compose.scan import scan_files
    from pratique.processes.running import run_once

    def spawn() -> tuple[subprocess.Popen[bytes], socket]:
        return started.pop() if started else spawn_nursery()

    return run_once(reactor, scan_files(with_clamd_found(settings), reactor, files, spawn, policy))


def _read_policy(file: Path) -> Policy:
    try:
        return parse_policy(read_policy_file(file))
    except PolicyError as error:
        raise click.ClickException(str(error)) from None


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
