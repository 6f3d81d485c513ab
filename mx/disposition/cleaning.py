"""Makes the cleaned message for copies whose parts are to be taken out, and looks at it again before it may leave.

Comes in: an examined message, copies with one and the same `Strip` decision, policy and language, and how to examine
octets once more. Goes out: a `Cleaned` message of its own, ready to forward; or one word that says why the message must
be held whole (`strip.py` has the others): `found-again` where what is left is still not to be delivered, `too-late`
where no time is left to look, `busy` where nobody can.

Failure: none beyond these words. The original is stored by `carry_out.py` before the cleaned copy leaves.
Limits: cleaning shares the seconds of `mx/scan.py` with the first examination.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mx.cell.report import NoCellFree
from mx.decision import Deliver, Strip, decide
from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.replacement_notice import notice_part
from mx.disposition.strip import Stripped, parts_to_strip, strip
from mx.examination import Examination
from mx.own_headers import read_header_section
from mx.spool import Spool, SpoolFull
from mx.trace_headers import scanned_header
from tenants.policies.policy import Policy

EXAMINE_SECONDS = 20.0
"""For both examinations together."""
LEAST_SECONDS = 2.0

ExamineAgain = Callable[[Spool, float, Policy], Awaitable[Examination]]
"""Examines octets of ours in so many seconds for a policy, as the message itself was. Raises NoCellFree."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A message without the parts that had to go, and its copies; whoever got it closes its spool."""

    message: ExaminedMessage
    copies: tuple[Copy, ...]
    note: str
    """What was done, for the trace."""


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Cleans messages, one call each; calls may overlap."""

    hostname: str
    service: str
    """The domain of this service's stamps."""
    scratch: Path | None

    async def clean(
        self, message: ExaminedMessage, copies: Sequence[Copy], examine_again: ExamineAgain
    ) -> Cleaned | str:
        """The cleaned message for these copies, which have the same decision; or why there is none."""
        decision = copies[0].decision
        assert isinstance(decision, Strip)
        seconds = EXAMINE_SECONDS - message.examination.seconds
        if seconds < LEAST_SECONDS:
            return "too-late"
        stripped = _strip(message, decision, copies[0].standing.language)
        if isinstance(stripped, str):
            return stripped
        spool = Spool(self.scratch)
        cleaned: Cleaned | str = "busy"
        try:
            for piece in stripped.content.chunks():
                spool.write(piece)
            spool.freeze()
            examination = await examine_again(spool, seconds, copies[0].standing.policy)
            cleaned = self._cleaned(message, copies, stripped, spool, examination)
        except (NoCellFree, SpoolFull):
            return "busy"
        finally:
            if isinstance(cleaned, str):
                spool.close()
        return cleaned

    def _cleaned(
        self,
        message: ExaminedMessage,
        copies: Sequence[Copy],
        stripped: Stripped,
        spool: Spool,
        examination: Examination,
    ) -> Cleaned | str:
        decision = decide(examination.verdict, copies[0].standing.policy, spool.octets)
        if not isinstance(decision, Deliver):
            return "found-again"
        header = scanned_header(examination, decision, self.hostname, len(stripped.names))
        section = read_header_section(spool, self.hostname, self.service)
        content = section.forwarded(is_stamp_forged=message.is_stamp_forged)
        note = f"parts taken out: {len(stripped.names)}" + (", DKIM broken" if stripped.breaks_dkim else "")
        return Cleaned(
            replace(message, spool=spool, content=content, examination=examination),
            tuple(replace(copy, decision=decision, headers_on_top=header) for copy in copies),
            note,
        )


def _strip(message: ExaminedMessage, decision: Strip, language: str) -> Stripped | str:
    examination = message.examination
    parts = parts_to_strip(examination.artifacts, examination.verdict.ambiguities, decision.artifacts)
    if isinstance(parts, str):
        return parts
    names = [part.name for part in parts]
    return strip(message.spool, parts, notice_part(language, names, decision.reason, message.envelope.transaction))
