"""Routes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.domains.route_terms import RouteTerms, Tls
from tenants.domains.routes import Route, RouteError, parse_route, parse_routes


@pytest.mark.parametrize(
    ("text", "route", "shown"),
    [
        ("smtp://mail.acme.example", Route("smtp", "mail.acme.example", 25), "smtp://mail.acme.example:25"),
        ("smtp://MAIL.acme.example:2525", Route("smtp", "mail.acme.example", 2525), "smtp://mail.acme.example:2525"),
        (" smtp://mail/ ", Route("smtp", "mail", 25), "smtp://mail:25"),
        ("SMTP://mail.acme.example.", Route("smtp", "mail.acme.example", 25), "smtp://mail.acme.example:25"),
        ("smtp://192.0.2.1:26", Route("smtp", "192.0.2.1", 26), "smtp://192.0.2.1:26"),
        ("smtp://[2001:DB8::1]", Route("smtp", "2001:db8::1", 25), "smtp://[2001:db8::1]:25"),
        ("mx://acme.example", Route("mx", "acme.example", 25), "mx://acme.example:25"),
        (
            "mx://acme.example:26?tls=dane",
            Route("mx", "acme.example", 26, 0, RouteTerms(tls=Tls.DANE)),
            "mx://acme.example:26?tls=dane",
        ),
        ("smtp://_mail.acme.example", Route("smtp", "_mail.acme.example", 25), "smtp://_mail.acme.example:25"),
    ],
)
def test_a_route_is_read_and_shown(text: str, route: Route, shown: str) -> None:
    """In one spelling."""
    assert parse_route(text) == route
    assert parse_route(text).text == shown
    assert parse_route(shown) == route


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mail.acme.example",
        "http://mail.acme.example",
        "smtp://",
        "smtp://:25",
        "smtp://mail:0",
        "smtp://mail:65536",
        "smtp://mail:x",
        "smtp://user@mail",
        "smtp://user:secret@mail",
        "smtp://mail/path",
        "smtp://mail?x=1",
        "smtp://mail?weight=0",
        "mx://192.0.2.1",
        "smtp://[2001:db8::1]?tls=dane",
        "smtp://[2001:db8::1",
        "smtp://192.0.2.256",
        "smtp://2130706433",
        "smtp://127.1",
        "smtp://0177.0.0.1",
        "smtp://0x7f000001",
        "smtp://0x7f.0.0.0x1",
        "smtp://mail.acme.example@127.0.0.1",
        "smtp://mail.acme.example#@127.0.0.1",
        "smtp://-mail.example",
        "smtp://mail..example",
        "smtp://ma il",
        "smtp://mail\n.example",
        "smtp://" + "a" * 64 + ".example",
    ],
)
def test_what_is_no_route_is_refused_with_one_sentence(text: str) -> None:
    """The command line prints it."""
    with pytest.raises(RouteError) as raised:
        parse_route(text)
    assert str(raised.value).endswith(".") and "\n" not in str(raised.value)


def test_routes_are_tried_in_the_order_given() -> None:
    """There is at least one, and not a hundred."""
    routes = parse_routes(("smtp://b", "smtp://a"))
    assert [(route.host, route.priority) for route in routes] == [("b", 0), ("a", 1)]
    with pytest.raises(RouteError, match="at least one"):
        parse_routes(())
    with pytest.raises(RouteError, match="at most"):
        parse_routes(("smtp://a",) * 11)


def test_priorities_are_named_for_all_routes_or_for_none() -> None:
    """Those that are equal stay in the order given."""
    routes = parse_routes(("smtp://c?priority=20", "smtp://a?priority=10&weight=3", "smtp://b?priority=10"))
    assert [(route.host, route.priority, route.position) for route in routes] == [
        ("a", 10, 0),
        ("b", 10, 1),
        ("c", 20, 2),
    ]
    assert parse_routes(tuple(route.text for route in routes)) == routes
    with pytest.raises(RouteError, match="names its priority"):
        parse_routes(("smtp://a?priority=1", "smtp://b"))


@given(st.text())
def test_any_text_is_a_route_or_refused(text: str) -> None:
    """Nothing else comes out."""
    try:
        route = parse_route(text)
    except RouteError:
        return
    assert parse_route(route.text) == route
