"""Domains: one spelling, one owner, routes in order."""

import pytest

from tenants.directory import look_up_domain
from tenants.domains.book import (
    add_domain,
    canonical_domain,
    delete_domain,
    get_domain,
    list_domains,
    mark_verified,
    mx_name,
    set_routes,
)
from tenants.domains.own_places import OwnPlaces
from tenants.domains.routes import RouteError
from tenants.refusals import AlreadyExists, NotFound, Refusal
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, later


def add(world: CustomerWorld, name: str = "acme.example", tenant_id: int | None = None) -> None:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_domain(
            session,
            tenant_id=tenant_id or world.acme.id,
            name=name,
            routes=("smtp://one.example", "smtp://two.example:26"),
            service="pratique.example",
            verified_at=None,
            now=NOW,
        )


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("acme.example", "acme.example"),
        ("ACME.Example.", "acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("a_b.example", "a_b.example"),
    ],
)
def test_a_domain_has_one_spelling(given: str, spelled: str) -> None:
    """Lower case, A-labels, no dot at the end."""
    assert canonical_domain(given) == spelled


@pytest.mark.parametrize(
    "name",
    [
        "",
        "acme",
        "acme..example",
        "-a.example",
        "a b.example",
        "192.0.2.1",
        "[192.0.2.1]",
        "a" * 64 + ".example",
        "ü" * 70 + ".example",
    ],
)
def test_what_is_no_domain_is_refused(name: str) -> None:
    """With one sentence."""
    with pytest.raises(Refusal, match="is not a domain name"):
        canonical_domain(name)


def test_mx_names_are_never_alike() -> None:
    """Though dots become dashes."""
    assert mx_name("acme.example", "pratique.example") == "acme-example.mx.pratique.example"
    assert mx_name("a-b.example", "p.example") != mx_name("a.b.example", "p.example")
    with pytest.raises(Refusal, match="too long"):
        mx_name("a" * 60 + ".example", "p.example")


def test_a_domain_is_added_shown_and_verified(world: CustomerWorld) -> None:
    """Its first verification is the one that counts."""
    add(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        domain = get_domain(session, tenant_id=world.acme.id, name="ACME.example")
        assert [route.text for route in domain.routes] == ["smtp://one.example:25", "smtp://two.example:26"]
        assert domain.mx_name == "acme-example.mx.pratique.example"
        assert domain.verification_token.startswith("pratique-verify=")
        assert mark_verified(session, tenant_id=None, name="acme.example", now=NOW).verified_at == NOW
        assert mark_verified(session, tenant_id=None, name="acme.example", now=later(days=1)).verified_at == NOW
        assert list_domains(session, tenant_id=None) == list_domains(session, tenant_id=world.acme.id)


def test_a_domain_is_one_tenants_alone(world: CustomerWorld) -> None:
    """The other can neither take it nor see it."""
    add(world)
    with pytest.raises(AlreadyExists, match=r"The domain acme.example is taken already\."):
        add(world, "Acme.Example", tenant_id=world.blue_harbour.id)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        other = world.blue_harbour.id
        assert list_domains(session, tenant_id=other) == ()
        with pytest.raises(NotFound):
            get_domain(session, tenant_id=other, name="acme.example")
        with pytest.raises(NotFound):
            delete_domain(session, tenant_id=other, name="acme.example", now=NOW)


def test_routes_are_replaced_as_a_whole(world: CustomerWorld) -> None:
    """Or not at all."""
    add(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        changed = set_routes(session, tenant_id=world.acme.id, name="acme.example", routes=("smtp://three.example",))
        assert [route.host for route in changed.routes] == ["three.example"]
        with pytest.raises(RouteError):
            set_routes(session, tenant_id=world.acme.id, name="acme.example", routes=())


def test_terms_of_routes_are_kept(world: CustomerWorld) -> None:
    """As they were written, in the order of the priorities."""
    add(world)
    texts = ("mx://b.example:25?priority=20&tls=required", "smtp://a.example:25?priority=10&weight=3&rate=5/s")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        set_routes(session, tenant_id=None, name="acme.example", routes=texts)
    with world.database.read(Reader.OPERATOR) as session:
        routes = get_domain(session, tenant_id=None, name="acme.example").routes
        assert [route.text for route in routes] == [texts[1], texts[0]]
        assert look_up_domain(session, "acme.example", NOW).routes == routes


def test_routes_to_ourselves_are_refused(world: CustomerWorld) -> None:
    """When a domain is added, and when its routes are replaced."""
    add(world)
    own = OwnPlaces(frozenset({"mx.pratique.example"}))
    given = {"name": "acme.example", "routes": ("smtp://mx.pratique.example",), "own": own}
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        with pytest.raises(RouteError, match="leads to this service itself"):
            set_routes(session, tenant_id=None, **given)  # type: ignore[arg-type]
        with pytest.raises(RouteError, match="leads to this service itself"):
            add_domain(session, tenant_id=1, service="x.example", verified_at=None, now=NOW, **given)  # type: ignore[arg-type]


def test_a_deleted_domain_can_be_added_again_by_another(world: CustomerWorld) -> None:
    """Its name is free at once."""
    add(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        delete_domain(session, tenant_id=world.acme.id, name="acme.example", now=NOW)
        assert list_domains(session, tenant_id=None) == ()
    add(world, tenant_id=world.blue_harbour.id)
