"""Every SMTP reply that Pratique can give. Nothing else in the tree writes reply text.

A reply is a code, an enhanced status code and fixed, generic public text: the private reason goes to the trace.
The two replies that carry somebody else's words (`passed_on`) are cleaned of everything that names a host.

Standards: RFC 5321 section 4.2; RFC 3463, RFC 5248 (enhanced codes); RFC 2034 (where they stand).
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; `wire` is what goes to the client."""

    code: int
    enhanced: str
    text: str

    @property
    def wire(self) -> bytes:
        """The reply as octets, CRLF included."""
        enhanced = f"{self.enhanced} " if self.enhanced else ""
        return f"{self.code} {enhanced}{self.text}\r\n".encode("ascii", "replace")

    @property
    def is_positive(self) -> bool:
        return self.code < 400

    @property
    def is_transient(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return self.code >= 500
