"""`pratique scan`: the verdict on files, each one message, without a server; the same answer as the server gives.

Exit status: 0 all clean, 10 something not clean, 3 a file that cannot be read, 2 wrong usage (`scan_results.py`).
"""

import subprocess
from pathlib import Path
from socket import socket

import click

from mx.cell.spawn import spawn_nursery
from pratique.options import json_option, with_settings
from pratique.settings.settings import Settings


@click.command(epilog="Example: pratique scan message.eml --json")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--policy", type=click.Path(path_type=Path), help="A policy as JSON: also says what it would do.")
@json_option
@with_settings("clamd", "cells")
def command(settings: Settings, files: tuple[Path, ...], policy: Path | None, as_json: bool) -> int:
    """Say what is in these messages."""
    # The nursery starts while this process imports Twisted and all the rest, which takes as long.
    started = [spawn_nursery()]

    from pratique.clamd_at_start import with_clamd_found
    from pratique.compose.scan import scan_files
    from pratique.processes.running import run_once, steady_reactor
    from pratique.scan_results import read_policy, show_results

    def spawn() -> tuple[subprocess.Popen[bytes], socket]:
        return started.pop() if started else spawn_nursery()

    chosen = None if policy is None else read_policy(policy)
    reactor = steady_reactor()
    results = run_once(reactor, scan_files(with_clamd_found(settings), reactor, files, spawn, chosen))
    return show_results(files, results, chosen, as_json=as_json)
