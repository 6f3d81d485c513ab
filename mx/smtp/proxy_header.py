"""The PROXY header of a load balancer: who the client is, said before the first octet of SMTP. Pure.

Comes in: the first octets of a connection from a balancer that the operator has listed; from nobody else is it read.
Goes out: the client's address and how many octets the header has, or that more are needed.

Standards: the PROXY protocol of HAProxy, versions 1 and 2. A balancer's own connection (LOCAL, UNKNOWN) and one whose
client has no IP address (UNIX) are the balancer's.
Failure: `MalformedHeader`; the connection is closed, because what follows could be anybody's.
Limits: 107 octets in version 1, 16 and at most 65,535 more in version 2; what stands behind the addresses is skipped.
"""

import re
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_FIRST_WORD = b"PROXY "
_MOST_OCTETS = 107
_LINE = re.compile(rb"PROXY TCP([46]) ([0-9A-Fa-f:.]{2,45}) ([0-9A-Fa-f:.]{2,45}) (\d{1,5}) (\d{1,5})\r\n")
_UNKNOWN = re.compile(rb"PROXY UNKNOWN(?: [^\r\n]*)?\r\n")
_HEAD = struct.Struct(">12sBBH")
_LOCAL, _PROXY = 0x20, 0x21
_ADDRESSES = {
    0x11: (struct.Struct(">4s4sHH"), IPv4Address),
    0x21: (struct.Struct(">16s16sHH"), IPv6Address),
}
_WITHOUT_ADDRESS = frozenset({0x00, 0x12, 0x22, 0x31, 0x32})
"""Unspecified, datagrams, UNIX sockets."""


class MalformedHeader(ValueError):
    """Not a PROXY header; the text says in what."""


@dataclass(frozen=True, slots=True)
class Source:
    """The client, as the balancer saw it."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A whole header."""

    source: Source | None
    """None: the connection is the balancer's own."""
    octets: int


def read_proxy_header(octets: bytes) -> ProxyHeader | None:
    """The header at the beginning of these octets; None until it is whole. Raises MalformedHeader."""
    if _SIGNATURE.startswith(octets[: len(_SIGNATURE)]):
        return _read_second_version(octets)
    if _FIRST_WORD.startswith(octets[: len(_FIRST_WORD)]):
        return _read_first_version(octets)
    raise MalformedHeader("it begins like neither version")


def _read_first_version(octets: bytes) -> ProxyHeader | None:
    end = octets.find(b"\n", 0, _MOST_OCTETS) + 1
    if not end:
        if len(octets) >= _MOST_OCTETS:
            raise MalformedHeader("its line is too long")
        return None
    line = octets[:end]
    if _UNKNOWN.fullmatch(line):
        return ProxyHeader(None, end)
    found = _LINE.fullmatch(line)
    if found is None:
        raise MalformedHeader("its line cannot be read")
    version = int(found[1])
    source = Source(_address(found[2], version), _port(found[4]))
    # Where the client came to is not of use; what cannot be read is no header all the same.
    _address(found[3], version)
    _port(found[5])
    return ProxyHeader(source, end)


def _address(written: bytes, version: int) -> str:
    try:
        address = ip_address(written.decode("ascii"))
    except ValueError:
        raise MalformedHeader("its address is none") from None
    if address.version != version:
        raise MalformedHeader("its address is of the other family")
    return str(address)


def _port(written: bytes) -> int:
    port = int(written)
    if port > 0xFFFF or (len(written) > 1 and written.startswith(b"0")):
        raise MalformedHeader("its port is none")
    return port


def _read_second_version(octets: bytes) -> ProxyHeader | None:
    if len(octets) < _HEAD.size:
        return None
    _, command, family, length = _HEAD.unpack_from(octets)
    if command not in (_LOCAL, _PROXY):
        raise MalformedHeader("its version or command is unknown")
    whole = _HEAD.size + length
    if command == _LOCAL or family in _WITHOUT_ADDRESS:
        return ProxyHeader(None, whole) if len(octets) >= whole else None
    if family not in _ADDRESSES:
        raise MalformedHeader("its address family is unknown")
    layout, kind = _ADDRESSES[family]
    if length < layout.size:
        raise MalformedHeader("it is too short for its addresses")
    if len(octets) < whole:
        return None
    source, _, port, _ = layout.unpack_from(octets, _HEAD.size)
    return ProxyHeader(Source(str(kind(source)), port), whole)
