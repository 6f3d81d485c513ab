"""What SPF, DKIM and DMARC ask of the DNS, and what their answers are called. Pure.

"There is no such name" and "it has no such record" are answers, empty ones. `DnsFailed` means `temperror`.

Standards: RFC 8601 section 2.7 (the words of the results).
"""

from enum import StrEnum
from typing import Protocol

from mx.names.failures import DnsFailed as DnsFailed


class Dns(Protocol):
    """The questions; each raises DnsFailed."""

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """The texts at this name, the strings of each put together."""
        ...

    async def addresses(self, name: str, version: int) -> tuple[str, ...]:
        """Its A (4) or AAAA (6) records."""
        ...

    async def mail_exchangers(self, name: str) -> tuple[str, ...]:
        """Its MX hosts, best first."""
        ...

    async def names(self, address: str) -> tuple[str, ...]:
        """The names that its reverse entry gives."""
        ...


class Result(StrEnum):
    """What a method says."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - a result, no secret
    FAIL = "fail"
    SOFT_FAIL = "softfail"
    POLICY = "policy"
    TEMPORARY_ERROR = "temperror"
    PERMANENT_ERROR = "permerror"
