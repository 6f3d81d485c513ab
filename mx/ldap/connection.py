"""A connection to a directory: the address checked, the time and the octets bounded, TLS where it is asked for.

Comes in: a `Place`, and what of the network may be reached. Goes out: a `Connection`: octets there and back. It blocks,
and belongs in a thread.

What is checked is the address that is connected to, never the name alone (as `mx/delivery/hops/addresses.py` does it),
and nothing is ever followed from there: a referral is not (`conversation.py`).

Standards: RFC 4511 section 4.14 (StartTLS), RFC 9525 (the certificate is that of the host in the URL).
Failure: `LdapTrouble` with one plain sentence.
Limits: MOST_ADDRESSES of a host, CONNECT_SECONDS each; `most_octets` and `most_seconds` the whole conversation. Told to
stop it stops within POLL_SECONDS, or CONNECT_SECONDS where it is being connected.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mx.delivery.hops.addresses import why_not
from mx.ldap.place import Place
from tenants.domains.own_places import OwnPlaces

CONNECT_SECONDS = 10.0
MOST_ADDRESSES = 4
POLL_SECONDS = 1.0
READ_OCTETS = 65_536


class LdapTrouble(Exception):
    """The directory could not be read; the text is a sentence for the people whose directory it is."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of the network may be reached, and how much of it at a time."""

    own: OwnPlaces
    allow_private: bool
    is_stopping: Callable[[], bool] = _never
    most_seconds: float = 180.0
    most_octets: int = 256 * 1024**2


class Connection:
    """Octets to a server and back, within bounds."""

    def __init__(self, sock: socket.socket, around: Surroundings, deadline: float) -> None:
        """`deadline`: a moment of `time.monotonic`."""
        self._sock, self._around, self._deadline = sock, around, deadline
        self._octets = 0

    def begin_tls(self, host: str, authorities: str) -> None:
        """Shake hands; the certificate must be that of the host. Raises LdapTrouble."""
        self._sock.settimeout(min(CONNECT_SECONDS, self._seconds_left()))
        try:
            context = ssl.create_default_context(cadata=authorities or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._sock = context.wrap_socket(self._sock, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise LdapTrouble(f"The certificate of {host} cannot be trusted: {error.verify_message}.") from None
        except OSError as error:
            raise LdapTrouble(f"TLS with {host} could not be begun: {_words(error)}.") from None

    def send(self, octets: bytes) -> None:
        """Raises LdapTrouble."""
        self._sock.settimeout(min(CONNECT_SECONDS, self._seconds_left()))
        try:
            self._sock.sendall(octets)
        except OSError as error:
            raise LdapTrouble(f"The directory went away: {_words(error)}.") from None

    def receive(self) -> bytes:
        """The next octets, at least one. Raises LdapTrouble."""
        while True:
            self._sock.settimeout(min(POLL_SECONDS, self._seconds_left()))
            try:
                octets = self._sock.recv(READ_OCTETS)
            except TimeoutError:
                continue
            except OSError as error:
                raise LdapTrouble(f"The directory went away: {_words(error)}.") from None
            if not octets:
                raise LdapTrouble("The directory closed the connection in the middle of its answer.")
            self._octets += len(octets)
            if self._octets > self._around.most_octets:
                raise LdapTrouble(f"The directory sent more than {self._around.most_octets} octets.")
            return octets

    def close(self) -> None:
        """At once; what is under way is lost."""
        self._sock.close()

    def _seconds_left(self) -> float:
        """Raises LdapTrouble when there are none."""
        left = self._deadline - time.monotonic()
        if self._around.is_stopping():
            raise LdapTrouble("This service was being stopped while the directory answered.")
        if left <= 0:
            raise LdapTrouble(f"The directory did not answer in full within {self._around.most_seconds:g} seconds.")
        return left


@contextmanager
def connected(place: Place, around: Surroundings) -> Iterator[Connection]:
    """A connection to the place, nothing said yet. Raises LdapTrouble."""
    deadline = time.monotonic() + around.most_seconds
    connection = Connection(_connect(place, around), around, deadline)
    try:
        yield connection
    finally:
        connection.close()


def _connect(place: Place, around: Surroundings) -> socket.socket:
    reason = f"{place.host} has no address"
    for address in _addresses(place):
        if around.own.has_name(place.host, place.port):
            reason = f"{place.host} is this service itself"
            break
        complaint = why_not(address, place.port, around.own, allow_private=around.allow_private)
        if complaint is not None:
            reason = f"{place.host} {complaint}"
            continue
        try:
            return socket.create_connection((address, place.port), CONNECT_SECONDS)
        except OSError as error:
            reason = f"{place.host} does not answer at port {place.port}: {_words(error)}"
    raise LdapTrouble(f"The directory cannot be reached: {reason}.")


def _addresses(place: Place) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise LdapTrouble(f"The directory cannot be reached: {place.host} could not be looked up.") from None
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))[:MOST_ADDRESSES]


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror or type(error).__name__).rstrip(".")
