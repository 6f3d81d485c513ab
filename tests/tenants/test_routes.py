"""Routes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.routes import Route, RouteError, parse_route, parse_routes


@pytest.mark.parametrize(
    ("text", "route", "shown"),
    [
        ("smtp://mail.acme.example", Route("smtp", "mail.acme.example", 25), "smtp://mail.acme.example:25"),
        ("smtp://MAIL.acme.example:2525", Route("smtp", "mail.acme.example", 2525), "smtp://mail.acme.example:2525"),
        (" smtp://mail/ ", Route("smtp", "mail", 25), "smtp://mail:25"),
        ("SMTP://mail.acme.example.", Route("smtp", "mail.acme.example", 25), "smtp://mail.acme.example:25"),
        ("smtp://192.0.2.1:26", Route("smtp", "192.0.2.1", 26), "smtp://192.0.2.1:26"),
        ("smtp://[2001:DB8::1]", Route("smtp", "2001:db8::1", 25), "smtp://[2001:db8::1]:25"),
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
        "smtp://[2001:db8::1",
        "smtp://192.0.2.256",
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


@given(st.text())
def test_any_text_is_a_route_or_refused(text: str) -> None:
    """Nothing else comes out."""
    try:
        route = parse_route(text)
    except RouteError:
        return
    assert parse_route(route.text) == route
