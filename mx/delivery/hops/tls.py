"""TLS towards next hops: contexts of OpenSSL, and whether a session is one that the route asks for.

Comes in: a Security. Goes out: what Twisted starts TLS with, and after the handshake a complaint, or nothing.
Certificates are judged after the handshake and before a command is sent, so that the reason is known in our words;
nothing was said by then but EHLO and STARTTLS.

Standards: RFC 3207; RFC 7435 (opportunistic: any certificate, because whoever can change packets could remove
STARTTLS as well); RFC 7672 section 8.1 (SNI); RFC 8996 (nothing below TLS 1.2).

Failure: a certificate of ours that is not known or cannot be read raises `NoSuchClient`. Authorities are those that
OpenSSL finds on this machine (SSL_CERT_FILE and SSL_CERT_DIR name others); where there are none, `required` is never
satisfied.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_never
from weakref import WeakKeyDictionary

from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

from mx.delivery.hops.certificates import complaint_by_name, complaint_by_pins, complaint_by_tlsa
from mx.delivery.hops.hop import Security
from tenants.domains.route_terms import Tls

_REASONS = {
    code: name.removeprefix("ERR_").replace("_", " ").lower()
    for name, code in vars(SSL.X509VerificationCodes).items()
    if name.startswith("ERR_")
}
NO_CLIENTS: Mapping[str, Path] = {}


class NoSuchClient(Exception):
    """The certificate that is to be shown is not there; the text says why."""


def words_of(error: SSL.Error) -> str:
    """What OpenSSL says of a handshake that failed."""
    match error.args:
        case ([*_, (*_, str(words))],):
            return words
        case (int(), str(words)):
            return words
        case _:
            return "the handshake was cut"


@implementer(IOpenSSLClientConnectionCreator)
class HopTls:
    """TLS towards the hops of one Security."""

    def __init__(self, context: SSL.Context, security: Security) -> None:
        self._context, self._security = context, security
        self._errors: WeakKeyDictionary[SSL.Connection, list[str]] = WeakKeyDictionary()
        """What OpenSSL found wrong with the chain of each session."""

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        return self.connection(None)

    def connection(self, sock: object) -> SSL.Connection:
        """A session that has yet to shake hands, over this socket or over memory."""
        connection = SSL.Connection(self._context, sock)  # type: ignore[arg-type]
        if self._security.is_plain_allowed:
            return connection
        if (name := self._security.names[0]).rpartition(".")[2].isalpha():
            connection.set_tlsext_host_name(name.encode("ascii"))
        if self._security.tls is Tls.REQUIRED:
            errors = self._errors[connection] = list[str]()
            connection.set_verify(SSL.VERIFY_PEER, _noting(errors))
        return connection

    @property
    def is_verifying(self) -> bool:
        """Whether a session without a complaint is one with whom it should be."""
        return self._security.is_verifying

    def complaint(self, connection: SSL.Connection) -> str | None:
        """Why this session, whose handshake is done, will not do."""
        if not self._security.is_verifying:
            return None
        chain = connection.get_peer_cert_chain(as_cryptography=True)
        if not chain:
            return "no certificate was shown"
        try:
            return self._judge(connection, chain)
        except (ValueError, crypto.Error) as error:
            return f"the certificate cannot be read: {type(error).__name__}"

    def _judge(self, connection: SSL.Connection, chain: list[x509.Certificate]) -> str | None:
        match self._security.tls:
            case Tls.OPPORTUNISTIC:
                return None
            case Tls.REQUIRED:
                if errors := self._errors[connection]:
                    return f"the certificate cannot be trusted: {errors[0]}"
                return complaint_by_name(chain[0], self._security.names)
            case Tls.PINNED:
                return complaint_by_pins(chain[0], self._security.pins)
            case Tls.DANE:
                return complaint_by_tlsa(chain, self._security)
            case _:
                assert_never(self._security.tls)


class TlsContexts:
    """The contexts of one process, made when they are first needed."""

    def __init__(self, clients: Mapping[str, Path] = NO_CLIENTS) -> None:
        """`clients`: name -> file with a certificate chain of ours and its key, in PEM form."""
        self._clients = clients
        self._contexts: dict[str, SSL.Context] = {}

    def of(self, security: Security) -> HopTls:
        """TLS towards the hops of this Security. Raises NoSuchClient."""
        context = self._contexts.get(security.client)
        if context is None:
            context = self._contexts[security.client] = self._make(security.client)
        return HopTls(context, security)

    def _make(self, client: str) -> SSL.Context:
        context = CertificateOptions(verify=False, raiseMinimumTo=TLSVersion.TLSv1_2).getContext()
        context.set_default_verify_paths()
        if not client:
            return context
        file = self._clients.get(client)
        if file is None:
            raise NoSuchClient(f"there is no certificate of ours named {client}")
        try:
            context.use_certificate_chain_file(str(file))
            context.use_privatekey_file(str(file))
        except SSL.Error:
            raise NoSuchClient(f"the certificate of ours named {client} cannot be read") from None
        return context


def _noting(errors: list[str]) -> Callable[[SSL.Connection, crypto.X509, int, int, int], bool]:
    """Notes what speaks against a chain, and lets the handshake go on: it is judged when it is done."""

    def note(_: SSL.Connection, __: crypto.X509, code: int, ___: int, is_good: int) -> bool:
        if not is_good:
            errors.append(_REASONS.get(code, f"error {code}"))
        return True

    return note
