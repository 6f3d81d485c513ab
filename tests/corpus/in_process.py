"""The same verdict as the server's default policy gives, without processes: for judging thousands of messages quickly.

What runs here is what runs in a deep cell (`mx/cell/child.py`): the walk with all readers, then YARA-X with the bundled
rules, then verdict and decision. Nothing is confined, so this is for the corpus alone.
"""

import time
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import Anatomy, walk
from mx.cell.signatures import Signatures, compile_rules
from mx.decision import Deliver, decide
from mx.finding import Found, NothingFound
from mx.verdict import Verdict, judge
from tenants.policies.policy import Policy
from tests.corpus.case import Case, Expect


@dataclass(frozen=True, slots=True)
class Judged:
    """One case, and what became of it."""

    case: Case
    verdict: Verdict
    is_delivered: bool
    seconds: float

    @property
    def is_right(self) -> bool:
        """Clean is delivered, anything else is not."""
        return self.is_delivered == (self.case.expect is Expect.CLEAN)

    @property
    def line(self) -> str:
        found = ", ".join(self.verdict.finding_names) or "nothing found"
        return f"{self.case.room}\t{self.case.name}\t{self.verdict.kind.value}\t{found}\t{self.seconds:.3f}s"


class InProcess:
    """A judge with compiled rules; one for a run."""

    def __init__(self) -> None:
        self._signatures = Signatures(compile_rules())

    def open(self, content: bytes) -> Anatomy:
        """All artifacts of a message."""
        return walk(content, Budget(time.process_time), DEEP_READERS)

    def judge(self, case: Case) -> Judged:
        """What would become of this message."""
        started = time.process_time()
        budget = Budget(time.process_time)
        anatomy = walk(case.content, budget, DEEP_READERS)
        found = self._signatures.examine(anatomy.artifacts, anatomy.contents, budget)
        outcome = Found("yara", found) if found else NothingFound("yara")
        verdict = judge({"yara"}, (outcome,), anatomy.findings, anatomy.ambiguities)
        is_delivered = isinstance(decide(verdict, Policy()), Deliver)
        return Judged(case, verdict, is_delivered, time.process_time() - started)
