"""clamd's INSTREAM and FILDES: the octets of one question, and what its answer says. Pure.

Comes in: a Content; later, everything that clamd sent until it closed. Goes out: the octets to send; an Answer.
The `clamd` package sends 1,024 octets a chunk: 3.8 ms of our CPU for 1 MiB where 64 KiB cost 1.0 (figures:
docs/decisions/0003), blocks its thread, and does not look whether `send` took all of a chunk. So the question is asked
here, and the package is kept for what a person wants to know (`state.py`).

Standards: clamd(8), section COMMANDS: `zINSTREAM`, chunks with a 32-bit length before them, zero at the end.

Failure: an answer counts only when all of it is one line of the three that clamd gives. An answer that came before the
question was whole, that has more behind it, or that was cut is `NoAnswer`.
"""

import re
from collections.abc import Iterator

from mx.artifact import Content
from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.finding import Severity

MOST_ANSWER_OCTETS = 4096
_COMMAND = b"zINSTREAM\0"
_END = bytes(4)
_ANSWER = re.compile(
    r"(?P<what>stream|fd\[[0-9]{1,9}\]): "
    r"(?:(?P<ok>OK)|(?P<name>[\x21-\x7e]{1,512}) FOUND|(?P<error>[\x20-\x7e]{0,512})ERROR)\0"
)
_TOO_LARGE = b"INSTREAM size limit exceeded. ERROR\0"


def whole_question(content: Content) -> list[bytes]:
    """The octets to send, all of them, in pieces that are not copied for it."""
    pieces = [_COMMAND]
    for chunk in content.chunks():
        if chunk:
            pieces += (len(chunk).to_bytes(4, "big"), chunk)
    return [*pieces, _END]


def question(content: Content) -> Iterator[bytes]:
    """The octets to send, in pieces as the content gives them; the first piece has the command."""
    before = _COMMAND
    for chunk in content.chunks():
        if chunk:
            yield before + len(chunk).to_bytes(4, "big") + chunk
            before = b""
    yield before + _END


def read_answer(raw: bytes, *, is_asked: bool) -> Answer:
    """What clamd said; `is_asked`: the whole question was sent before the answer began."""
    if raw == _TOO_LARGE:
        return TooLarge()
    match = _ANSWER.fullmatch(raw.decode("ascii", "replace"))
    if match is None or match["what"] != "stream":
        return NoAnswer("clamd closed without an answer" if not raw else "clamd's answer is nonsense")
    if match["error"] is not None:
        return NoAnswer(f"clamd: {match['error'].strip()}")
    if not is_asked:
        return NoAnswer("clamd answered before it had everything")
    return Alert(match["name"], _severity(match["name"])) if match["name"] else Clean()


def read_descriptor_answer(raw: bytes, *, is_asked: bool) -> Answer:
    """What clamd said of a descriptor that it was handed."""
    match = _ANSWER.fullmatch(raw.decode("ascii", "replace"))
    if match is None or match["what"] == "stream":
        return NoAnswer("clamd closed without an answer" if not raw else "clamd's answer is nonsense")
    if match["error"] is not None:
        return TooLarge()
    if not is_asked:
        return NoAnswer("clamd answered before it had everything")
    return Alert(match["name"], _severity(match["name"])) if match["name"] else Clean()


def _severity(name: str) -> Severity:
    """What a name means: clamd's word for "not looked at" and "could not open" is FOUND as well."""
    if name.startswith("Heuristics.Limits."):
        return Severity.UNSCANNABLE
    if name.startswith("Heuristics.Encrypted."):
        return Severity.ENCRYPTED
    return Severity.INFECTED
