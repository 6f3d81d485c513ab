"""The tenant's domains, each with the DNS records to publish: MX, ownership, MTA-STS, TLS reports.

A domain whose recipients are read from a directory says when that was, and what hinders it; one whose list was not
applied, because it would have removed too many, says that.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

from portal.visit import Visit
from tenants.domains.book import Domain, list_domains
from tenants.domains.mta_sts import DnsRecord, tls_records
from tenants.recipients.directories import DirectoryState, states_of
from tenants.recipients.refused_lists import RefusedList, refused_lists
from tenants.storage.viewpoint import OfTenant


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain, and what its zone needs."""

    domain: Domain
    records: tuple[DnsRecord, ...]
    directory: DirectoryState | None
    refused: RefusedList | None


def show_list(visit: Visit) -> Response:
    """Every domain of the tenant."""
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        domains = list_domains(session, tenant_id=visit.who.tenant_id)
        directories = states_of(session, [domain.id for domain in domains])
        refused = refused_lists(session, tenant_id=visit.who.tenant_id)
    rows = [
        DomainRow(domain, _records(visit, domain), directories.get(domain.id), refused.get(domain.name))
        for domain in domains
    ]
    return visit.page("domains/list.html", room="domains", rows=rows)


def _records(visit: Visit, domain: Domain) -> tuple[DnsRecord, ...]:
    host = urlsplit(visit.around.base_url).hostname or ""
    first = [DnsRecord(domain.name, "MX", f"10 {domain.mx_name}.")]
    if domain.verified_at is None:
        first.append(DnsRecord(domain.name, "TXT", domain.verification_token))
    return (*first, *tls_records(domain.name, domain.mx_name, visit.around.sts_mode, host))
