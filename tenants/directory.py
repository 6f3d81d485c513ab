"""The directory: who a recipient's domain belongs to, and whether its mail is taken. The hot look-up of every RCPT.

`look_up` asks the database (two SELECTs); `Directory` remembers the answer for 5 s, so a change of a domain, route,
policy or ignored finding is in force on every node within 5 s. What is remembered belongs to a domain; where the
tenant has policies of groups or of single recipients, one more SELECT asks about the address, and that is remembered
as long, for the address.

What RCPT answers (contract.md, Customers), as a `Status`: unknown domain, or deleted more than 7 days ago:
UNKNOWN_DOMAIN; deleted since: DELETED_RECENTLY; tenant suspended: SUSPENDED; not yet verified: UNVERIFIED;
`<postmaster>`, and postmaster and abuse at our own names: POSTMASTER (the built-in tenant `operator`); any other:
ACCEPTED.

Standards: RFC 5321 section 4.5.1 (postmaster), RFC 2142 (abuse).
Failure: `DatabaseUnavailable`; the recipient is answered 451. Limits: 10,000 domains and as many addresses remembered,
the oldest forgotten first.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import ColumnElement, and_, exists, null, or_, select
from sqlalchemy.orm import Session

from tenants.customers.book import DEFAULT_LANGUAGE, OPERATOR
from tenants.domains.book import canonical_domain, stored_route
from tenants.domains.groups import canonical_address
from tenants.domains.routes import Route
from tenants.encryption.keys import TenantKey
from tenants.policies.book import narrowed
from tenants.policies.policy import Policy, parse_policy
from tenants.refusals import Refusal
from tenants.storage.tables import customers, engines, narrow_policies
from tenants.storage.viewpoint import OfTenant, Reader, Viewpoint

STALENESS_SECONDS = 5.0
MOST_REMEMBERED = 10_000
DELETED_FOR = timedelta(days=7)
"""How long a deleted domain is answered 451: about what senders keep trying for."""
DEFAULT_POLICY = Policy()
_OUR_MAILBOXES = frozenset({"postmaster", "abuse"})
P = ParamSpec("P")
T = TypeVar("T")


class Status(Enum):
    """What is to be said of a recipient's domain."""

    ACCEPTED = auto()
    UNKNOWN_DOMAIN = auto()
    UNVERIFIED = auto()
    SUSPENDED = auto()
    DELETED_RECENTLY = auto()
    POSTMASTER = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one recipient's domain. Tenant fields are empty when the domain is nobody's."""

    status: Status
    tenant_id: int = 0
    tenant_name: str = ""
    domain: str = ""
    """Lower case, A-labels; empty for the operator's mailboxes."""
    domain_id: int = 0
    policy: Policy = DEFAULT_POLICY
    routes: tuple[Route, ...] = ()
    """In the order they are tried."""
    language: str = DEFAULT_LANGUAGE
    key: TenantKey | None = None
    """What the tenant's mail is sealed with; None when it has no key, and then nothing can be stored for it."""
    ignored: frozenset[str] = frozenset()
    """Names of findings that do not count for this tenant."""
    has_narrower: bool = False
    """The tenant has policies of groups or of single recipients: the domain's is not yet this recipient's."""
    forward_to: str = ""
    """Of the operator's mailboxes: the address where their mail goes; empty where it is held."""

    @property
    def is_taken(self) -> bool:
        """Whether a message for this recipient is accepted at all."""
        return self.status in (Status.ACCEPTED, Status.POSTMASTER)


class Reads(Protocol):
    """What the directory needs of `DatabaseThreads`."""

    async def read(
        self,
        viewpoint: Viewpoint,
        function: Callable[Concatenate[Session, P], T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T: ...


def look_up(session: Session, address: str, now: datetime, own_names: frozenset[str] = frozenset()) -> Standing:
    """The standing of a recipient's address. `own_names`: the names of this service, in lower case."""
    standing = look_up_domain(session, _asked_domain(address, own_names), now)
    return look_up_recipient(session, standing, address) if standing.has_narrower else standing


def look_up_recipient(session: Session, standing: Standing, address: str) -> Standing:
    """The standing of a recipient's domain, with the policy of the recipient."""
    try:
        spelled = canonical_address(address)
    except Refusal:
        return standing
    policy = narrowed(session, tenant_id=standing.tenant_id, address=spelled, below=standing.policy)
    return replace(standing, policy=policy)


def look_up_domain(session: Session, domain: str, now: datetime) -> Standing:
    """The standing of a domain in its canonical spelling; an empty one stands for the operator's own mailboxes."""
    row = _newest(session, domain) if domain else _operator(session)
    if row is None:
        return Standing(Status.UNKNOWN_DOMAIN, domain=domain)
    status = _status(row, now) if domain else Status.POSTMASTER
    if status is Status.UNKNOWN_DOMAIN:
        return Standing(status, domain=domain)
    return Standing(
        status,
        row.tenant_id,
        row.tenant_name,
        domain,
        row.domain_id or 0,
        parse_policy(row.domain_entries or {}, parse_policy(row.tenant_entries or {})),
        _routes(session, row.domain_id),
        row.language,
        TenantKey(row.tenant_id, row.version, row.wrapped) if row.wrapped else None,
        _ignored(session, row.tenant_id),
        bool(domain) and row.has_narrower,
    )


def _asked_domain(address: str, own_names: frozenset[str]) -> str:
    local_part, at, domain = address.rpartition("@")
    if not at:
        # Only `<postmaster>` may stand without a domain; any other name is nobody's (a dot alone is no domain).
        return "" if domain.lower() == "postmaster" else "."
    try:
        spelled = canonical_domain(domain)
    except Refusal:
        spelled = domain.lower() or "."
    return "" if spelled in own_names and local_part.lower() in _OUR_MAILBOXES else spelled


def _newest(session: Session, domain: str) -> Any:
    tenant, key, own = customers.tenant, customers.tenant_key, customers.domain
    of_tenant, of_domain = customers.policy.alias("of_tenant"), customers.policy.alias("of_domain")
    wanted = (
        select(
            own.c.id.label("domain_id"),
            own.c.verified_at,
            own.c.deleted_at,
            tenant.c.id.label("tenant_id"),
            tenant.c.name.label("tenant_name"),
            tenant.c.language,
            tenant.c.suspended_at,
            key.c.version,
            key.c.wrapped,
            of_tenant.c.entries.label("tenant_entries"),
            of_domain.c.entries.label("domain_entries"),
            _has_narrower(tenant.c.id).label("has_narrower"),
        )
        .join(tenant, tenant.c.id == own.c.tenant_id)
        .outerjoin(key, key.c.tenant_id == tenant.c.id)
        .outerjoin(of_tenant, and_(of_tenant.c.tenant_id == tenant.c.id, of_tenant.c.domain_id.is_(None)))
        .outerjoin(of_domain, of_domain.c.domain_id == own.c.id)
        .where(own.c.name == domain)
        # The one that is not deleted if there is one, else the one deleted last; its newest key.
        .order_by(own.c.deleted_at.is_not(None), own.c.deleted_at.desc(), key.c.version.desc())
        .limit(1)
    )
    return session.execute(wanted).one_or_none()


def _has_narrower(tenant_id: ColumnElement[int]) -> ColumnElement[bool]:
    group, recipient = narrow_policies.recipient_group, narrow_policies.recipient_policy
    of_groups = exists().where(group.c.tenant_id == tenant_id, group.c.entries.is_not(None))
    return or_(of_groups, exists().where(recipient.c.tenant_id == tenant_id))


def _operator(session: Session) -> Any:
    tenant, key, entries = customers.tenant, customers.tenant_key, customers.policy
    wanted = (
        select(
            null().label("domain_id"),
            tenant.c.id.label("tenant_id"),
            tenant.c.name.label("tenant_name"),
            tenant.c.language,
            key.c.version,
            key.c.wrapped,
            entries.c.entries.label("tenant_entries"),
            null().label("domain_entries"),
        )
        .outerjoin(key, key.c.tenant_id == tenant.c.id)
        .outerjoin(entries, and_(entries.c.tenant_id == tenant.c.id, entries.c.domain_id.is_(None)))
        .where(tenant.c.name == OPERATOR, tenant.c.deleted_at.is_(None))
        .order_by(key.c.version.desc())
        .limit(1)
    )
    return session.execute(wanted).one_or_none()


def _status(row: Any, now: datetime) -> Status:
    if row.deleted_at is not None:
        return Status.DELETED_RECENTLY if now < row.deleted_at + DELETED_FOR else Status.UNKNOWN_DOMAIN
    if row.suspended_at is not None:
        return Status.SUSPENDED
    return Status.ACCEPTED if row.verified_at is not None else Status.UNVERIFIED


def _routes(session: Session, domain_id: int | None) -> tuple[Route, ...]:
    if domain_id is None:
        return ()
    table = customers.route
    rows = session.execute(select(table).where(table.c.domain_id == domain_id).order_by(table.c.priority))
    return tuple(map(stored_route, rows))


def _ignored(session: Session, tenant_id: int) -> frozenset[str]:
    table = engines.ignored_finding
    counts = or_(table.c.tenant_id.is_(None), table.c.tenant_id == tenant_id)
    return frozenset(session.scalars(select(table.c.name).where(counts)))


class Standings(Protocol):
    """What the MX sees of the directory: `Directory` is the real one."""

    async def look_up(self, address: str) -> Standing:
        """The standing of a recipient's address. Raises DatabaseUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class _Remembered:
    standing: Standing
    until: float


class Directory:
    """The directory with a short memory, for the reactor thread."""

    def __init__(
        self,
        threads: Reads,
        wall_clock: Callable[[], datetime],
        seconds: Callable[[], float],
        own_names: frozenset[str] = frozenset(),
        postmaster: str = "",
    ) -> None:
        """`wall_clock` gives aware UTC times; `seconds` a clock that never goes back (the reactor's).

        `postmaster` is where mail for the operator's mailboxes goes.
        """
        self._threads = threads
        self._wall_clock = wall_clock
        self._seconds = seconds
        self._own_names = own_names
        self._postmaster = postmaster
        self._remembered: dict[str, _Remembered] = {}
        self._addresses: dict[str, _Remembered] = {}

    async def look_up(self, address: str) -> Standing:
        """The standing of a recipient's address, at most 5 s old. Raises DatabaseUnavailable."""
        domain = _asked_domain(address, self._own_names)
        known = self._remembered.get(domain)
        if known is None or self._seconds() >= known.until:
            standing = await self._threads.read(Reader.DIRECTORY, look_up_domain, domain, self._wall_clock())
            if standing.status is Status.POSTMASTER:
                standing = replace(standing, forward_to=self._postmaster)
            known = _Remembered(standing, self._seconds() + STALENESS_SECONDS)
            _remember(self._remembered, domain, known)
        return await self._look_up_recipient(known, address) if known.standing.has_narrower else known.standing

    async def _look_up_recipient(self, domain: _Remembered, address: str) -> Standing:
        """The domain's standing with the recipient's policy; remembered until the domain's is asked for again."""
        key = address.lower()
        known = self._addresses.get(key)
        if known is None or self._seconds() >= known.until:
            viewpoint = OfTenant(domain.standing.tenant_id)
            standing = await self._threads.read(viewpoint, look_up_recipient, domain.standing, address)
            known = _Remembered(standing, domain.until)
            _remember(self._addresses, key, known)
        return known.standing


def _remember(remembered: dict[str, _Remembered], key: str, known: _Remembered) -> None:
    # Taken out first, so that the order of the dict is the order of remembering.
    remembered.pop(key, None)
    if len(remembered) >= MOST_REMEMBERED:
        del remembered[next(iter(remembered))]
    remembered[key] = known
