"""What delivery is given by the operator's settings, and the look-ups that follow from it.

Comes in: a Surroundings. Goes out: `Addresses` and `Hops` that ask the operator's DNS server where one is named, and
otherwise this machine's: its own look-up for addresses (with its hosts file), its first server for MX records.

Failure: none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from twisted.internet.interfaces import IReactorPluggableNameResolver, IReactorTCP, IReactorTime

from mx.delivery.hops.addresses import NOWHERE, Addresses, SystemHosts
from mx.delivery.hops.dane import Dane
from mx.delivery.hops.hops import Hops
from mx.names.resolver import NamesResolver
from tenants.domains.own_places import OwnPlaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where this process stands."""

    allow_private: bool = False
    """Next hops may be on loopback and in private networks."""
    own: OwnPlaces = NOWHERE
    resolver: tuple[str, int] | None = None
    """The DNS server that the operator names."""
    system_resolver: tuple[str, int] | None = None
    """The one of this machine, where the operator names none."""
    clients: Mapping[str, Path] = field(default_factory=dict)
    """Name -> file of a certificate and key that may be shown to next hops."""


def make_hops(reactor: IReactorTCP, given: Surroundings, chance: Callable[[], float]) -> tuple[Addresses, Hops]:
    """The look-ups of one process."""
    clock = cast(IReactorTime, reactor)
    server = given.resolver or given.system_resolver
    resolver = NamesResolver(reactor, server) if server else None
    system = SystemHosts(cast(IReactorPluggableNameResolver, reactor))
    look_up = resolver if resolver is not None and given.resolver else system
    addresses = Addresses(clock, look_up, allow_private=given.allow_private, own=given.own)
    return addresses, Hops(clock, addresses, resolver, Dane(reactor, given.resolver), given.own, chance)
