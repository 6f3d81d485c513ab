"""The directory: what RCPT answers for every kind of domain, and for how long an answer is remembered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tenants.customers.book import OPERATOR, delete_tenant, suspend_tenant
from tenants.directory import MOST_REMEMBERED, STALENESS_SECONDS, Directory, Standing, Status, look_up
from tenants.domains.book import add_domain, delete_domain, get_domain
from tenants.domains.groups import add_members
from tenants.encryption.keys import add_missing_keys, current_key
from tenants.engines.ignored_findings import ignore_finding
from tenants.policies.book import (
    change_domain_policy,
    change_group_policy,
    change_recipient_policy,
    change_tenant_policy,
)
from tenants.policies.policy import Action, Policy
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.viewpoint import Reader, Viewpoint
from tests.contracts.customer_world import NOW, CustomerWorld, later

OWN = frozenset({"pratique.example"})


def add(world: CustomerWorld, name: str, *, is_verified: bool = True, tenant_id: int | None = None) -> None:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_domain(
            session,
            tenant_id=tenant_id or world.acme.id,
            name=name,
            routes=("smtp://one.example", "smtp://two.example"),
            service="pratique.example",
            verified_at=NOW if is_verified else None,
            now=NOW,
        )


def status(world: CustomerWorld, address: str, after: timedelta = timedelta()) -> Status:
    with world.database.read(Reader.OPERATOR) as session:
        return look_up(session, address, NOW + after, OWN).status


def change(world: CustomerWorld, function: Callable[..., object], *arguments: Any, **named: Any) -> None:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        function(session, *arguments, **named)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anna@acme.example", Status.ACCEPTED),
        ("anna@ACME.Example", Status.ACCEPTED),
        ("anna@acme.example.", Status.ACCEPTED),
        ('"a@b"@acme.example', Status.ACCEPTED),
        ("postmaster@acme.example", Status.ACCEPTED),
        ("anna@bücher.example", Status.ACCEPTED),
        ("anna@xn--bcher-kva.example", Status.ACCEPTED),
        ("anna@new.example", Status.UNVERIFIED),
        ("anna@sub.acme.example", Status.UNKNOWN_DOMAIN),
        ("anna@other.example", Status.UNKNOWN_DOMAIN),
        ("anna@[192.0.2.1]", Status.UNKNOWN_DOMAIN),
        ("anna@", Status.UNKNOWN_DOMAIN),
        ("anna", Status.UNKNOWN_DOMAIN),
        ("", Status.UNKNOWN_DOMAIN),
        ("postmaster", Status.POSTMASTER),
        ("PostMaster", Status.POSTMASTER),
        ("postmaster@pratique.example", Status.POSTMASTER),
        ("Abuse@Pratique.Example", Status.POSTMASTER),
        ("anna@pratique.example", Status.UNKNOWN_DOMAIN),
    ],
)
def test_every_address_has_its_standing(world: CustomerWorld, address: str, expected: Status) -> None:
    """As contract.md says what RCPT answers."""
    add(world, "acme.example")
    add(world, "bücher.example")
    add(world, "new.example", is_verified=False)
    assert status(world, address) is expected


def test_a_suspended_tenants_domains_are_suspended(world: CustomerWorld) -> None:
    """Whether verified or not."""
    add(world, "acme.example")
    add(world, "new.example", is_verified=False)
    change(world, suspend_tenant, world.acme.id, NOW)
    assert status(world, "a@acme.example") is status(world, "a@new.example") is Status.SUSPENDED


def test_a_deleted_domain_is_deferred_for_seven_days(world: CustomerWorld) -> None:
    """Then unknown; a deleted tenant's alike; added again by another it counts at once."""
    add(world, "acme.example")
    add(world, "second.example")
    change(world, delete_domain, tenant_id=world.acme.id, name="acme.example", now=NOW)
    change(world, delete_tenant, world.acme.id, NOW)
    for name in ("acme.example", "second.example"):
        assert status(world, f"a@{name}", timedelta(days=7, seconds=-1)) is Status.DELETED_RECENTLY
        assert status(world, f"a@{name}", timedelta(days=7)) is Status.UNKNOWN_DOMAIN
    add(world, "acme.example", tenant_id=world.blue_harbour.id)
    assert status(world, "a@acme.example") is Status.ACCEPTED


def test_a_standing_has_all_that_the_message_needs(world: CustomerWorld) -> None:
    """Tenant, routes in order, policy of the domain, key, ignored findings, language."""
    add(world, "harbour.example", tenant_id=world.blue_harbour.id)
    own = world.blue_harbour.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        domain = get_domain(session, tenant_id=own, name="harbour.example")
        change_tenant_policy(session, tenant_id=own, entries={"spam": "hold", "infected": "discard"}, now=NOW)
        change_domain_policy(session, tenant_id=own, domain_id=domain.id, entries={"spam": "reject"}, now=NOW)
        ignore_finding(session, name="false-for-all", tenant_id=None, who="cli", now=NOW)
        ignore_finding(session, name="false-here", tenant_id=own, who="cli", now=NOW)
        ignore_finding(session, name="false-elsewhere", tenant_id=world.acme.id, who="cli", now=NOW)
    with world.database.read(Reader.OPERATOR) as session:
        standing = look_up(session, "a@harbour.example", NOW)
        assert standing.key == current_key(session, own)
    assert (standing.tenant_id, standing.tenant_name, standing.language) == (own, "blue-harbour", "de")
    assert (standing.domain, standing.domain_id, standing.is_taken) == ("harbour.example", domain.id, True)
    assert [route.host for route in standing.routes] == ["one.example", "two.example"]
    assert (standing.policy.spam, standing.policy.infected) == (Action.REJECT, Action.DISCARD)
    assert standing.ignored == {"false-for-all", "false-here"}


def test_the_operators_mail_is_kept_under_the_built_in_tenant(world: CustomerWorld) -> None:
    """It needs a key, which the first start gives it."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert look_up(session, "postmaster", NOW).key is None
        add_missing_keys(session, world.keyring, NOW)
        standing = look_up(session, "postmaster", NOW)
    assert (standing.tenant_name, standing.routes, standing.domain) == (OPERATOR, (), "")
    assert standing.key is not None and standing.is_taken


class Reads:
    """Stands for DatabaseThreads: reads at once, and counts."""

    def __init__(self, world: CustomerWorld) -> None:
        self.world = world
        self.count = 0
        self.is_away = False

    async def read(self, viewpoint: Viewpoint, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        self.count += 1
        if self.is_away:
            raise DatabaseUnavailable("away")
        with self.world.database.read(viewpoint) as session:
            return function(session, *arguments, **named)


def finished(coroutine: Any) -> Any:
    """What a coroutine gives that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def test_an_answer_is_remembered_for_five_seconds(world: CustomerWorld) -> None:
    """For the whole domain; then a change is seen, and an outage."""
    add(world, "acme.example")
    reads, clock = Reads(world), [100.0]
    directory = Directory(reads, lambda: NOW, lambda: clock[0])
    assert finished(directory.look_up("anna@acme.example")).status is Status.ACCEPTED
    change(world, suspend_tenant, world.acme.id, NOW)
    clock[0] += STALENESS_SECONDS - 0.01
    assert finished(directory.look_up("bo@ACME.example")).status is Status.ACCEPTED
    assert reads.count == 1
    clock[0] += 0.01
    assert finished(directory.look_up("anna@acme.example")).status is Status.SUSPENDED
    reads.is_away = True
    clock[0] += STALENESS_SECONDS
    with pytest.raises(DatabaseUnavailable):
        finished(directory.look_up("anna@acme.example"))


def test_what_is_remembered_is_bounded() -> None:
    """A client that asks for a million domains does not fill the memory; the oldest is forgotten."""

    class Nothing(Reads):
        async def read(self, viewpoint: Viewpoint, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
            self.count += 1
            return Standing(Status.UNKNOWN_DOMAIN)

    reads = Nothing(None)  # type: ignore[arg-type]
    directory = Directory(reads, lambda: NOW, lambda: 0.0)
    for number in range(MOST_REMEMBERED + 1):
        finished(directory.look_up(f"a@d{number}.example"))
    finished(directory.look_up(f"a@d{MOST_REMEMBERED}.example"))
    assert reads.count == MOST_REMEMBERED + 1
    finished(directory.look_up("a@d0.example"))
    assert reads.count == MOST_REMEMBERED + 2


def test_times_are_given(world: CustomerWorld) -> None:
    """The wall clock is asked at each look-up, for the seven days of a deleted domain."""
    add(world, "acme.example")
    change(world, delete_domain, tenant_id=world.acme.id, name="acme.example", now=NOW)
    times = iter([later(days=1), later(days=8)])
    seconds = iter(range(0, 1000, 10))
    directory = Directory(Reads(world), lambda: next(times), lambda: float(next(seconds)))
    assert finished(directory.look_up("a@acme.example")).status is Status.DELETED_RECENTLY
    assert finished(directory.look_up("a@acme.example")).status is Status.UNKNOWN_DOMAIN


def test_a_recipients_own_policy_reaches_the_recipient_alone(world: CustomerWorld) -> None:
    """Group after group, the oldest first, then the recipient's own; others of the domain keep the domain's."""
    add(world, "acme.example")
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        domain = get_domain(session, tenant_id=acme, name="acme.example").id
        for name, members, entries in (
            ("staff", ["anna@acme.example", "bo@acme.example"], {"spam": "hold", "phishing": "hold"}),
            ("sales", ["Anna@ACME.example"], {"spam": "reject", "suspicious": "hold"}),
        ):
            group = add_members(session, tenant_id=acme, name=name, addresses=members, now=NOW).id
            change_group_policy(session, tenant_id=acme, domain_id=None, group_id=group, entries=entries, now=NOW)
        own = {"tenant_id": acme, "domain_id": domain, "address": "anna@acme.example"}
        change_recipient_policy(session, **own, entries={"phishing": "discard"}, now=NOW)
    reads, clock = Reads(world), [100.0]
    directory = Directory(reads, lambda: NOW, lambda: clock[0])
    anna, bo, other = (finished(directory.look_up(f"{name}@acme.example")).policy for name in ("ANNA", "bo", "cy"))
    assert (anna.spam, anna.phishing, anna.suspicious) == (Action.REJECT, Action.DISCARD, Action.HOLD)
    assert (bo.spam, bo.phishing, bo.suspicious) == (Action.HOLD, Action.HOLD, Action.MARK)
    assert other == Policy()
    with world.database.read(Reader.OPERATOR) as session:
        assert look_up(session, "anna@acme.example", NOW).policy == anna
    assert reads.count == 4
    finished(directory.look_up("anna@acme.example"))
    assert reads.count == 4
    clock[0] += STALENESS_SECONDS
    finished(directory.look_up("anna@acme.example"))
    assert reads.count == 6


def test_a_tenant_without_narrow_policies_costs_no_look_up_more(world: CustomerWorld) -> None:
    """A group that has changed nothing costs none either, nor another tenant's."""
    add(world, "acme.example")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_members(session, tenant_id=world.acme.id, name="staff", addresses=["a@acme.example"], now=NOW)
        blue = world.blue_harbour.id
        group = add_members(session, tenant_id=blue, name="staff", addresses=["a@acme.example"], now=NOW).id
        entries = {"spam": "hold"}
        change_group_policy(session, tenant_id=blue, domain_id=None, group_id=group, entries=entries, now=NOW)
    reads = Reads(world)
    directory = Directory(reads, lambda: NOW, lambda: 100.0)
    for name in "abc":
        assert finished(directory.look_up(f"{name}@acme.example")).policy == Policy()
    assert reads.count == 1
