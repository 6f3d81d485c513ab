"""Delivery to next hops, as `mx` and `work` processes share it."""

from typing import Any

from mx.delivery.hops.surroundings import Surroundings
from mx.delivery.next_hop import NextHops
from pratique.dns_question import NoAnswer, system_resolver
from pratique.ourselves import own_places
from pratique.settings.settings import Settings


def compose_next_hops(
    settings: Settings, reactor: Any, *, is_queue: bool = False, allow_private: bool | None = None
) -> NextHops:
    """The service that delivers; `is_queue`: no sender waits for its answers.

    `allow_private` is as the settings say, unless the caller does.
    """
    surroundings = Surroundings(
        allow_private=settings.allow_private_routes if allow_private is None else allow_private,
        own=own_places(settings),
        resolver=None if settings.resolver is None else (settings.resolver.host, settings.resolver.port),
        system_resolver=_system_resolver(),
        clients={each.name: each.file for each in settings.client_certificates},
    )
    return NextHops(reactor, settings.hostname, surroundings, is_queue=is_queue)


def _system_resolver() -> tuple[str, int] | None:
    try:
        found = system_resolver()
    except NoAnswer:
        return None
    return found.host, found.port
