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

_OF_A_SENDER, _OF_A_RECIPIENT = "2.1.0", "2.1.5"
"""What only MAIL, and only RCPT, is answered with (RFC 3463 section 3.2, as servers use it)."""


class Ledger:
    """Results for this many recipients."""

    def __init__(self, recipients: int) -> None:
        self._results: list[CopyResult | InquiryResult | None] = [None] * recipients
        self._answered = 0
        self._first_status = ""

    @property
    def is_anyone_left(self) -> bool:
        """Some copy is undecided."""
        return None in self._results

    def take_recipient_reply(self, reply: RawReply) -> None:
        """The answer to the next RCPT."""
        if not self._answered:
            self._first_status = reply.decoded().enhanced
        if not reply.is_positive and self._results[self._answered] is None:
            self._results[self._answered] = refusal(reply, Stage.RECIPIENT)
        self._answered += 1

    def is_one_behind(self, final: RawReply) -> bool:
        """Whether this answer to the content is the one to the last RCPT, and RCPT was given the one to MAIL.

        So it is where a next hop said something too much on a kept connection. With DATA its 354 shows that; with BDAT
        every answer is 250, and the statuses (RFC 5248) alone can.
        """
        return self._first_status == _OF_A_SENDER and final.decoded().enhanced == _OF_A_RECIPIENT

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
