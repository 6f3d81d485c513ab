"""Mail of our own, as every `work` process sends it: what writes it, and the way that it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from twisted.application.service import IService

from mx.delivery.contract import Forwarding
from mx.delivery.notices.own_hops import OwnHops
from mx.delivery.notices.own_mail import OwnMail
from mx.names.resolver import NamesResolver
from pratique.compose.next_hops import compose_next_hops
from pratique.compose.storage import Storage
from pratique.dns_question import server_for
from pratique.opening import make_data_folder
from pratique.portal_address import portal_address
from pratique.secrets.dkim_keys import open_dkim_keys
from pratique.settings.settings import Settings
from tenants.directory import Directory
from tenants.domains.routes import parse_route


@dataclass(frozen=True, slots=True)
class OwnMailParts:
    """What comes out."""

    writing: OwnMail
    hops: OwnHops
    services: Sequence[IService]


def compose_own_mail(
    settings: Settings, reactor: Any, storage: Storage, direct: Forwarding, directory: Directory, owner: str
) -> OwnMailParts:
    """The parts of one process. Raises DkimKeyError."""
    make_data_folder(settings.data)
    dns = NamesResolver(reactor, server_for(settings.resolver))
    # The relay is the operator's own choice, and often a neighbour.
    by_relay = compose_next_hops(settings, reactor, is_queue=True, allow_private=True)
    relay = (parse_route(settings.relay),) if settings.relay else ()
    writing = OwnMail(
        threads=storage.threads,
        sealed=storage.sealed,
        dns=dns,
        reactor=reactor,
        now=storage.clock,
        hostname=settings.hostname,
        keys=open_dkim_keys(settings.data),
        sign_in_address=lambda token: _link(settings, token),
        lifetime=timedelta(seconds=settings.queue_lifetime),
        scratch=storage.scratch,
        owner=owner,
    )
    return OwnMailParts(writing, OwnHops(relay, by_relay, direct, directory), (by_relay,))


def _link(settings: Settings, token: str) -> str:
    # Imported at the first link: the portal's pages cost this process 0.3 s, and most never need them.
    from portal.site import sign_in_address

    return sign_in_address(portal_address(settings), token)
