"""SMTP dialogs as text: `tests/dialogs/*.smtp`, and how to hold one with anything that speaks SMTP.

Lines of a dialog file:

    # a comment
    C: a line of the client; CRLF is added, and \\r \\n \\0 \\\\ \\xHH stand for octets
    C> the same without CRLF
    S: a line of the server; `...` at its end stands for any rest
    S. the server closes
    M: how many messages have been taken by now
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "dialogs"
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))")
_LETTERS = {"r": b"\r", "n": b"\n", "0": b"\0", "\\": b"\\"}


@dataclass(frozen=True)
class Step:
    """One line of a dialog."""

    mark: str
    text: str

    @property
    def octets(self) -> bytes:
        """What a client's line sends."""
        sent, at = b"", 0
        for found in _ESCAPE.finditer(self.text):
            sent += self.text[at : found.start()].encode()
            sent += bytes([int(found[1], 16)]) if found[1] else _LETTERS[found[2]]
            at = found.end()
        sent += self.text[at:].encode()
        return sent + b"\r\n" if self.mark == "C:" else sent

    def accepts(self, line: str) -> bool:
        """Whether a line of the server is the expected one."""
        if self.text.endswith("..."):
            return line.startswith(self.text[:-3])
        return line == self.text


@dataclass(frozen=True)
class Dialog:
    """One file."""

    name: str
    steps: tuple[Step, ...]

    @property
    def octets(self) -> bytes:
        """Everything that the client sends."""
        return b"".join(step.octets for step in self.steps if step.mark in ("C:", "C>"))


def dialogs() -> list[Dialog]:
    """All of them, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.smtp"))]


def _read(path: Path) -> Dialog:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    steps = tuple(Step(line[:2], line[3:]) for line in lines)
    assert all(step.mark in ("C:", "C>", "S:", "S.", "M:") for step in steps), path
    return Dialog(path.stem, steps)


def hold(
    dialog: Dialog, exchange: Callable[[bytes], bytes], is_closed: Callable[[], bool], messages: Callable[[], int]
) -> None:
    """Hold a dialog: `exchange` sends octets and gives what came back since the last call."""
    heard: list[str] = []
    heard += _lines(exchange(b""))
    for number, step in enumerate(dialog.steps, 1):
        where = f"{dialog.name}, step {number}: {step.mark} {step.text}"
        match step.mark:
            case "S:":
                assert heard, f"{where}: the server is silent"
                line = heard.pop(0)
                assert step.accepts(line), f"{where}: the server says {line!r}"
            case "S.":
                assert is_closed(), f"{where}: still open"
            case "M:":
                assert messages() == int(step.text), f"{where}: {messages()} messages"
            case _:
                assert not heard, f"{where}: the server also says {heard}"
                heard += _lines(exchange(step.octets))
    assert not heard, f"{dialog.name}: at the end the server also says {heard}"


def _lines(octets: bytes) -> list[str]:
    assert not octets or octets.endswith(b"\r\n"), octets
    return octets.decode("ascii").split("\r\n")[:-1]
