"""DMARC: does the domain that people see in From stand behind this message? Pure, but for the DNS it is given.

Comes in: the header section, and what SPF and DKIM said. Goes out: a result, and what the domain asks for on failure.

Standards: RFC 7489 sections 3.1, 3.2, 6.3, 6.6.
Failure: a From that names no single domain has no DMARC (`permerror`), because nobody can say whose it is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from enum import StrEnum

from mx.authentication.dkim import DkimAnswer, split_fields
from mx.authentication.dkim_signature import read_tags
from mx.authentication.questions import Dns, DnsFailed, Result
from mx.authentication.spf import SpfAnswer

OrganisationalDomain = Callable[[str], str]
"""The part of a domain that its owner registered: `example.co.uk` for `mail.example.co.uk`."""


class Wish(StrEnum):
    """What a domain asks for when mail in its name fails."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class DmarcAnswer:
    """What DMARC says."""

    result: Result
    domain: str = ""
    """Of From."""
    wish: Wish = Wish.NONE


@dataclass(frozen=True, slots=True)
class _Record:
    wish: Wish
    wish_below: Wish
    is_dkim_strict: bool
    is_spf_strict: bool


async def check(
    dns: Dns, header: bytes, spf: SpfAnswer, dkim: Sequence[DkimAnswer], organisation_of: OrganisationalDomain
) -> DmarcAnswer:
    """The answer for this message."""
    domain = from_domain(header)
    if not domain:
        return DmarcAnswer(Result.PERMANENT_ERROR)
    try:
        record, is_below = await _record_of(dns, domain, organisation_of)
    except DnsFailed:
        return DmarcAnswer(Result.TEMPORARY_ERROR, domain)
    if record is None:
        return DmarcAnswer(Result.NONE, domain)

    def is_aligned(other: str, *, is_strict: bool) -> bool:
        return other == domain if is_strict else organisation_of(other) == organisation_of(domain)

    aligned = {each.result for each in dkim if is_aligned(each.domain, is_strict=record.is_dkim_strict)}
    if is_aligned(spf.domain, is_strict=record.is_spf_strict):
        aligned.add(spf.result)
    wish = record.wish_below if is_below else record.wish
    if Result.PASS in aligned:
        return DmarcAnswer(Result.PASS, domain, wish)
    # What the domain itself could not be asked about is not held against it (section 6.6.2).
    unknown = Result.TEMPORARY_ERROR in aligned
    return DmarcAnswer(Result.TEMPORARY_ERROR if unknown else Result.FAIL, domain, wish)


def from_domain(header: bytes) -> str:
    """The one domain that From names; empty where it names none, or several."""
    fields = _from_fields(header)
    if len(fields) != 1:
        return ""
    domains = {_domain_of(address) for _, address in getaddresses(fields) if "@" in address}
    return next(iter(domains)) if len(domains) == 1 else ""


def from_addresses(header: bytes) -> tuple[str, ...]:
    """Every address that any From field names, in their order."""
    return tuple(address for _, address in getaddresses(_from_fields(header)) if "@" in address)


def _from_fields(header: bytes) -> list[str]:
    return [
        field.partition(b":")[2].decode("utf-8", "replace").replace("\r\n", "")
        for field in split_fields(header)
        if field.partition(b":")[0].strip(b" \t").lower() == b"from"
    ]


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].rstrip(".").lower()


async def _record_of(dns: Dns, domain: str, organisation_of: OrganisationalDomain) -> tuple[_Record | None, bool]:
    """The record, and whether it is that of the organisation above."""
    own = _only_record(await dns.txt(f"_dmarc.{domain}"))
    above = organisation_of(domain)
    if own is not None or above == domain:
        return own, False
    return _only_record(await dns.txt(f"_dmarc.{above}")), True


def _only_record(texts: Iterable[bytes]) -> _Record | None:
    """The record where there is exactly one (section 6.6.3)."""
    records = [text for text in texts if text[:8].lower() == b"v=dmarc1"]
    if len(records) != 1:
        return None
    try:
        tags = read_tags(records[0])
        wish = Wish(tags.get(b"p", b"none").decode("ascii").lower())
        below = Wish(tags[b"sp"].decode("ascii").lower()) if b"sp" in tags else wish
    except ValueError:
        return None
    return _Record(wish, below, tags.get(b"adkim", b"r") == b"s", tags.get(b"aspf", b"r") == b"s")
