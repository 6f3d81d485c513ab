"""The ledger of one transaction: what became of each recipient's copy so far. Pure.

Comes in: replies and their stage, in the order of the commands. Goes out: one CopyResult for each recipient, in order.
A result is written once: a refusal stays a refusal, whatever is said of the others.

Failure: asking for the results while a copy is undecided is a bug of ours and raises AssertionError.
"""

from mx.delivery.contract import (
    CopyResult,
    Delivered,
    InquiryResult,
    PermanentlyRefused,
    Stage,
    TransientlyRefused,
)
from mx.delivery.esmtp.replies import RawReply


class Ledger:
    """Results for this many recipients."""

    def __init__(self, recipients: int) -> None:
        self._results: list[CopyResult | InquiryResult | None] = [None] * recipients
        self._answered = 0

    @property
    def is_anyone_left(self) -> bool:
        """Some copy is undecided."""
        return None in self._results

    def take_recipient_reply(self, reply: RawReply) -> None:
        """The answer to the next RCPT."""
        if not reply.is_positive and self._results[self._answered] is None:
            self._results[self._answered] = refusal(reply, Stage.RECIPIENT)
        self._answered += 1

    def deliver(self, reply: RawReply, *, is_normalised: bool = False, offers_dsn: bool = True) -> None:
        """The end of data was answered 2xx."""
        self.close(Delivered(reply.decoded(), is_normalised, offers_dsn))

    def refuse(self, reply: RawReply, stage: Stage) -> None:
        """A 4xx or 5xx that speaks of all copies."""
        self.close(refusal(reply, stage))

    def close(self, result: CopyResult | InquiryResult) -> None:
        """Every copy that is undecided gets this result."""
        self._results = [result if known is None else known for known in self._results]

    def results(self) -> tuple[CopyResult | InquiryResult, ...]:
        results = tuple(result for result in self._results if result is not None)
        if len(results) < len(self._results):
            raise AssertionError("a transaction was settled though a recipient is undecided")
        return results


def refusal(reply: RawReply, stage: Stage) -> PermanentlyRefused | TransientlyRefused:
    """The result that a 4xx or 5xx means."""
    refused = TransientlyRefused if reply.is_transient else PermanentlyRefused
    return refused(reply.decoded(), stage)
