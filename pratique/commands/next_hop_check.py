"""The checks of `pratique domain check` that ask a domain's next hops.

Comes in: a route. Goes out: for each of its hosts whether it may be connected to and answers, whether its TLS is what
the route asks for (judged by the code that delivers), and whether it refuses strangers' mail. Nothing is sent to
anybody: the relay check asks for a stranger's recipient and goes away before DATA.

Standards: RFC 5321 sections 3.3, 5.1 (MX look-up) and 7.1 (relaying); RFC 3207 (STARTTLS); RFC 7505 (null MX).
Failure: none reaches the caller; a check that breaks is *unknown* with the reason.
"""

import smtplib
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import random
from typing import cast

from OpenSSL import SSL

from mx.delivery.hops.addresses import is_literal, why_not
from mx.delivery.hops.dane import NotSecure, Place, assured, validating_resolver, vouched_records
from mx.delivery.hops.hop import Security
from mx.delivery.hops.hops import offered, security_of
from mx.delivery.hops.route_order import NULL_MX, exchangers_in_order
from mx.delivery.hops.tls import NoSuchClient, TlsContexts, words_of
from mx.names.failures import NoSuchName
from pratique.commands.domain_check import Check, State
from pratique.dns_question import NoAnswer, ask_mx, resolver_of
from pratique.ourselves import own_places
from pratique.settings.settings import Settings
from tenants.domains.route_terms import Tls
from tenants.domains.routes import Route, Scheme

CONNECT_SECONDS = 10.0
MOST_HOSTS = 5
STRANGER = "relay-test@example.org"
"""Nobody's address, at a domain that exists (RFC 2606): who takes mail for it takes mail for anybody."""


class _MustNot(Exception):
    """The host is not to be connected to; the text says why."""


def check_route(route: Route, domain: str, settings: Settings) -> tuple[Check, ...]:
    """Three checks for each host of the route, or one that says why it has none."""
    try:
        hosts = _hosts_of(route, settings)
    except (NoAnswer, _MustNot) as error:
        state = State.UNKNOWN if isinstance(error, NoAnswer) else State.FAILED
        return (Check("next hop", state, f"{route.text} leads nowhere: {error}."),)
    return tuple(check for host in hosts for check in _check_host(route, host, domain, settings))


def _hosts_of(route: Route, settings: Settings) -> Sequence[str]:
    if route.scheme != Scheme.MX:
        return (route.host,)
    records = ask_mx(route.host, resolver_of(settings.resolver)())
    if records == NULL_MX:
        raise _MustNot(f"{route.host} takes no mail (null MX)")
    own = own_places(settings)

    def is_own(host: str) -> bool:
        return own.has_name(host, route.port)

    hosts = exchangers_in_order(records, is_own, random) if records else [route.host]
    if not hosts:
        raise _MustNot(f"the MX records of {route.host} lead to this service itself")
    return hosts[:MOST_HOSTS]


def _check_host(route: Route, host: str, domain: str, settings: Settings) -> tuple[Check, ...]:
    shown = route.text if host == route.host else f"{host} (of {route.text})"
    try:
        with _connected(route, host, settings) as client:
            answers = Check("next hop", State.OK, f"{shown} answers.")
            return (
                answers,
                _check_tls(client, route, host, shown, settings),
                _check_relay(route, host, domain, shown, settings),
            )
    except (OSError, smtplib.SMTPException, _MustNot) as error:
        return (
            Check("next hop", State.FAILED, f"{shown} does not answer: {_why(error)}."),
            Check("tls", State.UNKNOWN, f"{shown} could not be asked."),
            Check("open relay", State.UNKNOWN, f"{shown} could not be asked."),
        )


@contextmanager
def _connected(route: Route, host: str, settings: Settings) -> Iterator[smtplib.SMTP]:
    address = _address_of(host, route.port, settings)
    source = (route.terms.source, 0) if route.terms.source else None
    client = smtplib.SMTP(
        address, route.port, local_hostname=settings.hostname, timeout=CONNECT_SECONDS, source_address=source
    )
    try:
        client.ehlo_or_helo_if_needed()
        yield client
    finally:
        client.close()


def _address_of(host: str, port: int, settings: Settings) -> str:
    """The first address of the host that may be connected to."""
    own = own_places(settings)
    if own.has_name(host, port):
        raise _MustNot(f"{host} is this service itself")
    complaint = "has no address"
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        found = why_not(str(place[0]), port, own, allow_private=settings.allow_private_routes)
        if found is None:
            return str(place[0])
        complaint = f"{found} (PRATIQUE_ALLOW_PRIVATE_ROUTES)" if "private" in found else found
    raise _MustNot(f"{host} {complaint}")


def _check_tls(client: smtplib.SMTP, route: Route, host: str, shown: str, settings: Settings) -> Check:
    demand = f"tls={route.terms.tls.value}"
    try:
        security = _security(route, host, settings)
        if security.tls is Tls.DANE and route.terms.tls is not Tls.DANE:
            demand = "DANE"
        if not client.has_extn("starttls"):
            what = "mail goes there in the clear" if security.is_plain_allowed else f"with {demand} mail waits"
            return Check("tls", State.FAILED, f"{shown} offers no STARTTLS: {what}.")
        session = _shake_hands(client, security, settings)
    except (OSError, smtplib.SMTPException, SSL.Error) as error:
        return Check("tls", State.FAILED, f"{shown} offers STARTTLS, but it fails: {_why(error)}.")
    except (NotSecure, NoSuchClient, NoSuchName, _MustNot) as error:
        return Check("tls", State.FAILED, f"{shown} cannot be sent mail with {demand}: {error}.")
    return Check("tls", State.OK, f"{shown} speaks {session}, as {demand} wants it.")


def _security(route: Route, host: str, settings: Settings) -> Security:
    """What mail would be sent over. Raises NotSecure."""
    resolver = validating_resolver(settings.resolver.host, settings.resolver.port) if settings.resolver else None
    if route.terms.tls is Tls.DANE:
        if resolver is None:
            raise NotSecure("DANE needs a validating resolver: none is set (PRATIQUE_RESOLVER)")
        return security_of(route, host, vouched_records(resolver, host, route.port))
    if route.terms.tls is Tls.OPPORTUNISTIC and resolver is not None and not is_literal(host):
        place = Place(route.host if route.scheme == Scheme.MX else "", host, route.port)
        return offered(route, host, assured(resolver, place), requires_tls=False)[0]
    return security_of(route, host, None)


def _shake_hands(client: smtplib.SMTP, security: Security, settings: Settings) -> str:
    """The version of a TLS session that the route would take. Raises _MustNot for one that it would not."""
    clients = {each.name: each.file for each in settings.client_certificates}
    tls = TlsContexts(clients).of(security)
    code, words = client.docmd("STARTTLS")
    if code != 220:
        raise smtplib.SMTPResponseException(code, words)
    sock = cast(socket.socket, client.sock)
    # OpenSSL wants a socket that blocks, and this one must not do so for ever.
    sock.setblocking(True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(CONNECT_SECONDS), 0))
    connection = tls.connection(sock)
    connection.set_connect_state()
    connection.do_handshake()
    if complaint := tls.complaint(connection):
        raise _MustNot(complaint)
    return connection.get_protocol_version_name()


def _check_relay(route: Route, host: str, domain: str, shown: str, settings: Settings) -> Check:
    try:
        with _connected(route, host, settings) as client:
            client.mail(f"postmaster@{domain}")
            code, _ = client.rcpt(STRANGER)
            client.rset()
    except (OSError, smtplib.SMTPException) as error:
        return Check("open relay", State.UNKNOWN, f"{shown} could not be asked: {_why(error)}.")
    if code < 400:
        return Check("open relay", State.FAILED, f"{shown} takes mail for strangers ({code} for {STRANGER}).")
    return Check("open relay", State.OK, f"{shown} refuses mail for strangers.")


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {text}".strip()
    if isinstance(error, TimeoutError | socket.timeout | SSL.WantReadError):
        return "no answer in time"
    if isinstance(error, SSL.Error):
        return words_of(error)
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
