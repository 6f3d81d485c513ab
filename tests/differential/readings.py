"""What other parsers find in a message: Python's `email`, Nodemailer's mailparser, Perl's MIME::Parser.

Each gives the list of what it would show or save, decoded. mailparser and MIME::Parser run as one process each, which
answers message after message; one that dies at a message is started again and has no opinion of that message.
"""

import base64
import email
import email.policy
import json
import subprocess
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Self

PARSERS = Path(__file__).parent / "parsers"


@dataclass(frozen=True, slots=True)
class Extracted:
    """One thing that a parser would show or save."""

    parser: str
    kind: str
    """`attachment`, or `text` and `html` for what is shown: there charset and line ends may differ."""
    octets: bytes


Parser = Callable[[bytes], Sequence[Extracted]]


def python_email(policy: email.policy.Policy, name: str) -> Parser:
    """Python's own parser under one policy."""

    def extract(content: bytes) -> list[Extracted]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return [Extracted(name, *found) for found in _leaves(email.message_from_bytes(content, policy=policy))]
            except (ValueError, LookupError, TypeError, IndexError, AttributeError, AssertionError, RecursionError):
                # Its own bugs on hostile headers: it finds nothing then, and neither does whoever uses it.
                return []

    return extract


def _leaves(message: Message) -> list[tuple[str, bytes]]:
    found = []
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            # A multipart that it could not take apart is one long text to it.
            is_shown = part.get_content_maintype() in ("text", "multipart") and part.get_filename() is None
            found.append(("text" if is_shown else "attachment", payload))
    return found


class Filter:
    """A parser that runs as a process of its own."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name = name
        self._command, self._folder = tuple(command), folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end()

    def __call__(self, content: bytes) -> list[Extracted]:
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(b"%d\n" % len(content) + content)
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            self._end()
            return []
        found = json.loads(line)
        if isinstance(found, dict):
            return []
        return [Extracted(self.name, each["kind"], base64.b64decode(each["octets"])) for each in found]

    def _start(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None


def mailparser(folder: Path) -> Filter:
    """Nodemailer's mailparser, installed in `folder`."""
    return Filter("mailparser", ("node", str(PARSERS / "mailparser.mjs")), folder)


def mime_tools() -> Filter:
    """Perl's MIME::Parser."""
    return Filter("MIME::Parser", ("perl", str(PARSERS / "mime_tools.pl")), PARSERS)


def python_parsers() -> tuple[Parser, ...]:
    """Both policies that people use."""
    return (
        python_email(email.policy.compat32, "email compat32"),
        python_email(email.policy.default, "email default"),
    )
