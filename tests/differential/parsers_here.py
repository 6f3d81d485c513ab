"""The parsers that this machine has: Python's always, Perl's and Nodemailer's where they can be run.

mailparser is installed once for each state of its lock file, into a folder of the user's cache; nothing is installed
where node or npm is missing, or when npm cannot fetch it.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.differential.readings import PARSERS, Parser, mailparser, mime_tools, python_parsers

INSTALL_SECONDS = 180


@dataclass(frozen=True, slots=True)
class ParsersHere:
    """What can be asked, and why not the others."""

    parsers: tuple[Parser, ...]
    lacking: tuple[str, ...]


@contextmanager
def parsers_here() -> Iterator[ParsersHere]:
    """All parsers of this machine, started when first asked, ended at the end."""
    lacking = []
    with ExitStack() as stack:
        parsers = list(python_parsers())
        if _has_mime_tools():
            parsers.append(stack.enter_context(mime_tools()))
        else:
            lacking.append("MIME::Parser: no perl, or no libmime-tools-perl")
        folder = _installed_mailparser()
        if isinstance(folder, Path):
            parsers.append(stack.enter_context(mailparser(folder)))
        else:
            lacking.append(f"mailparser: {folder}")
        yield ParsersHere(tuple(parsers), tuple(lacking))


def _has_mime_tools() -> bool:
    perl = shutil.which("perl")
    return perl is not None and subprocess.run([perl, "-MMIME::Parser", "-e1"], capture_output=True).returncode == 0


def _installed_mailparser() -> Path | str:
    """The folder that mailparser is installed in, or why there is none."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "no node, or no npm"
    lock = (PARSERS / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "pratique-tests" / f"mailparser-{hashlib.sha256(lock).hexdigest()[:12]}"
    done = folder / "installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PARSERS / name, folder / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        try:
            ran = subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            return "npm did not finish"
        if ran.returncode:
            return f"npm: exit {ran.returncode}"
        done.touch()
    return folder
