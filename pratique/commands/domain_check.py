"""The checks of `pratique domain check`: what the DNS says of a domain, and what its next hops do.

Comes in: a domain. Goes out: one Check for each thing looked at: *ok*, *failed*, or *unknown* where it could not be
looked at. Nothing is sent to anybody: the relay check asks for a stranger's recipient and goes away before DATA.

Standards: RFC 5321 sections 3.3 and 7.1 (relaying); RFC 3207 (STARTTLS); RFC 7505 (null MX).
Failure: none reaches the caller; a check that breaks is *unknown* with the reason.
"""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from pratique.dns_question import NoAnswer, ask_mx, ask_txt, system_resolver
from pratique.quantities import Address
from tenants.domains import Domain
from tenants.routes import Route

CONNECT_SECONDS = 10.0
STRANGER = "relay-test@example.org"
"""Nobody's address, at a domain that exists (RFC 2606): who takes mail for it takes mail for anybody."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its end, in one sentence."""

    name: str
    state: State
    sentence: str


def check_domain(domain: Domain, our_name: str) -> tuple[Check, ...]:
    """All checks, in order: the two of the DNS, then three for each next hop."""
    checks = [check_ownership(domain), check_mx(domain)]
    for route in domain.routes:
        checks.extend(check_next_hop(route, domain.name, our_name))
    return tuple(checks)


def check_ownership(domain: Domain, resolver: Callable[[], Address] = system_resolver) -> Check:
    """Whether the domain's TXT records show who owns it."""
    try:
        texts = ask_txt(domain.name, resolver())
    except NoAnswer as error:
        return Check("ownership", State.UNKNOWN, f"Could not be looked up: {error}.")
    if domain.verification_token in texts:
        return Check("ownership", State.OK, "The TXT record is there.")
    return Check("ownership", State.FAILED, f'There is no TXT record "{domain.verification_token}" at {domain.name}.')


def check_mx(domain: Domain, resolver: Callable[[], Address] = system_resolver) -> Check:
    """Whether the domain's mail is sent to its MX name with us, and to nobody else."""
    try:
        hosts = [host for _, host in ask_mx(domain.name, resolver())]
    except NoAnswer as error:
        return Check("mx", State.UNKNOWN, f"Could not be looked up: {error}.")
    others = [host or "." for host in hosts if host != domain.mx_name]
    if domain.mx_name not in hosts:
        seen = f" It has {', '.join(others)}." if others else " It has none."
        return Check("mx", State.FAILED, f"The domain has no MX record for {domain.mx_name}.{seen}")
    if others:
        return Check("mx", State.FAILED, f"Mail can pass us by: there are MX records for {', '.join(others)} too.")
    return Check("mx", State.OK, f"The only MX is {domain.mx_name}.")


def check_next_hop(route: Route, domain: str, our_name: str) -> tuple[Check, ...]:
    """Whether a next hop answers, offers TLS, and refuses mail for strangers."""
    try:
        with _connected(route, our_name) as client:
            answers = Check("next hop", State.OK, f"{route.text} answers.")
            return answers, _check_tls(client, route), _check_relay(client, route, domain)
    except (OSError, smtplib.SMTPException) as error:
        why = _why(error)
        return (
            Check("next hop", State.FAILED, f"{route.text} does not answer: {why}."),
            Check("tls", State.UNKNOWN, f"{route.text} could not be asked."),
            Check("open relay", State.UNKNOWN, f"{route.text} could not be asked."),
        )


@contextmanager
def _connected(route: Route, our_name: str) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP(route.host, route.port, local_hostname=our_name, timeout=CONNECT_SECONDS)
    try:
        client.ehlo_or_helo_if_needed()
        yield client
    finally:
        client.close()


def _check_tls(client: smtplib.SMTP, route: Route) -> Check:
    if not client.has_extn("starttls"):
        return Check("tls", State.FAILED, f"{route.text} offers no STARTTLS: mail goes there in the clear.")
    # Opportunistic, as delivery is: any certificate does, and what is checked is that a session comes about.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        return Check("tls", State.FAILED, f"{route.text} offers STARTTLS, but it fails: {_why(error)}.")
    version = client.sock.version() if isinstance(client.sock, ssl.SSLSocket) else None
    return Check("tls", State.OK, f"{route.text} speaks {version or 'TLS'}.")


def _check_relay(client: smtplib.SMTP, route: Route, domain: str) -> Check:
    try:
        client.mail(f"postmaster@{domain}")
        code, _ = client.rcpt(STRANGER)
        client.rset()
    except (OSError, smtplib.SMTPException) as error:
        return Check("open relay", State.UNKNOWN, f"{route.text} could not be asked: {_why(error)}.")
    if code < 400:
        return Check("open relay", State.FAILED, f"{route.text} takes mail for strangers ({code} for {STRANGER}).")
    return Check("open relay", State.OK, f"{route.text} refuses mail for strangers.")


def _why(error: OSError | smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {text}".strip()
    if isinstance(error, TimeoutError | socket.timeout):
        return "no answer in time"
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
