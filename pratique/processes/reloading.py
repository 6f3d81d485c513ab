"""What SIGHUP may change: the settings for the successors of the running processes. Pure.

Certificates, engines, limits, waits and the like are read again. What the running processes stand on (sockets, data,
keys, how many they are) stays until the next start.

Failure: SettingsError names what cannot change; everything goes on as before.
"""

from dataclasses import replace

from pratique.settings.settings import Address, Settings, SettingsError

FIXED = ("data", "database_url", "blobs", "s3_endpoint", "master_key", "smtp", "portal", "health", "workers")
"""Names of the settings that stay for as long as a `pratique up` runs."""


def at_port(settings: Settings, port: int) -> Settings:
    """The settings with the port that the portal really has, where any free one was asked for."""
    if settings.portal.port == port:
        return settings
    # An address of links that followed from the port follows it again.
    follows = settings.portal_url == f"http://{settings.portal}"
    address = Address(settings.portal.host, port)
    return replace(settings, portal=address, portal_url="" if follows else settings.portal_url)


def successor_settings(running: Settings, fresh: Settings) -> Settings:
    """The settings just read, for processes that take over from those that run. Raises SettingsError."""
    fresh = at_port(fresh, running.portal.port)
    changed = [name for name in FIXED if getattr(fresh, name) != getattr(running, name)]
    if changed:
        raise SettingsError(f"A running Pratique cannot change {', '.join(changed)}: restart it.")
    if fresh.clamd is None and running.clamd:
        # Found at the start, so it counts from then on: one that is away now is unavailable, not forgotten.
        return replace(fresh, clamd=running.clamd)
    return fresh
