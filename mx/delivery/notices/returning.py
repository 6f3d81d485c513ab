"""What a sender may know of a copy that could not be delivered. Pure.

Comes in: the last result, and the names of the tenant's hosts. Goes out: status and diagnostic for a report, cleaned of
names and addresses as a refusal in the session is.

Standards: RFC 3463 section 3.5 (5.4.7: delivery time expired); RFC 3464 sections 2.3.4 and 2.3.6.
Failure: none.
"""

from collections.abc import Sequence
from datetime import datetime

from mx.delivery.contract import CopyResult, Delivered, PermanentlyRefused, TransientlyRefused
from mx.reply import passed_on
from tenants.notice_book import Undelivered

EXPIRED = "5.4.7"


def undelivered(recipient: str, result: CopyResult, hosts: Sequence[str], now: datetime) -> Undelivered:
    """The copy's end, for its sender."""
    match result:
        case PermanentlyRefused() | TransientlyRefused():
            said = result.reply
            cleaned = passed_on(said.code, said.enhanced, said.text, hosts)
            status = cleaned.enhanced if isinstance(result, PermanentlyRefused) else EXPIRED
            return Undelivered(recipient, status, cleaned.line, now)
        case Delivered():
            raise AssertionError("a copy that was delivered is reported as undelivered")
        case _:
            return Undelivered(recipient, EXPIRED, "", now)
