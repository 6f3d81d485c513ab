"""A started gateway that already serves a tenant, set up with the commands that an operator types."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.servers.gateway import Gateway, gateway
from tests.servers.ports import HOST, free_port

TENANT = "acme"


@contextmanager
def serving(routes: Mapping[str, str], settings: Mapping[str, str] | None = None) -> Iterator[Gateway]:
    """`routes`: the tenant's verified domains, each with the route to its own server."""
    with gateway({"retry": "1s", **(settings or {})}, is_started=False) as one:
        if "database_url" in (settings or {}):
            one.do("migrate")
        add_tenant(one, TENANT, routes)
        one.start()
        yield one


def add_tenant(one: Gateway, name: str, routes: Mapping[str, str], *, is_verified: bool = True) -> None:
    """A tenant with these domains."""
    one.do("tenant", "add", name)
    for domain, route in routes.items():
        one.do("domain", "add", domain, "--tenant", name, "--route", route, *(["--verified"] if is_verified else []))


def route_to_nobody() -> str:
    """A route where no server answers."""
    return f"smtp://{HOST}:{free_port()}"
