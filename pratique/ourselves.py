"""What of the settings says who and where we are: no route may lead there."""

from pratique.settings.settings import Settings
from tenants.domains.own_places import OwnPlaces


def own_places(settings: Settings) -> OwnPlaces:
    """Our names and sockets."""
    return OwnPlaces(
        frozenset({settings.hostname, settings.service_domain}),
        settings.service_domain,
        tuple((address.host, address.port) for address in settings.smtp),
        is_balanced=bool(settings.proxy_from),
    )
