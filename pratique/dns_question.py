"""Asks the DNS one question, over UDP and, where the answer is cut, over TCP. For commands: it blocks for 5 s at most.

Comes in: a name and a record type. Goes out: the records of that type, or why there is no answer. The resolver is the
one that PRATIQUE_RESOLVER names, or the first of /etc/resolv.conf.

Standards: RFC 1035; RFC 5452 section 4 (the answer must fit the question: id, name, and where it comes from).
Failure: `NoAnswer` with the end of a sentence; "there is no such record" is an answer, an empty one.
"""

import secrets
import socket
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

from twisted.names import dns

from pratique.settings.quantities import Address

SECONDS = 5.0
MOST_OCTETS = 65535
RESOLV_CONF = Path("/etc/resolv.conf")
_NO_SUCH_NAME = 3


class RecordType(IntEnum):
    """The types that are asked for."""

    MX = dns.MX
    TXT = dns.TXT


class NoAnswer(Exception):
    """Nobody answered; the text says why."""


def system_resolver(file: Path = RESOLV_CONF) -> Address:
    """The resolver that this machine uses. Raises NoAnswer when it has none."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for words in (line.split() for line in lines):
        if len(words) > 1 and words[0] == "nameserver":
            return Address(words[1], dns.PORT)
    raise NoAnswer(f"{file} names no DNS server")


def resolver_of(named: Address | None) -> Callable[[], Address]:
    """Gives the resolver that PRATIQUE_RESOLVER names, otherwise the machine's; may raise NoAnswer."""
    return system_resolver if named is None else lambda: named


def ask_txt(name: str, resolver: Address) -> tuple[str, ...]:
    """The texts at this name. Raises NoAnswer."""
    records = _ask(name, RecordType.TXT, resolver)
    found = (record for record in records if isinstance(record, dns.Record_TXT))
    return tuple(b"".join(record.data).decode("utf-8", "replace") for record in found)


def ask_mx(name: str, resolver: Address) -> tuple[tuple[int, str], ...]:
    """Preference and host of each MX record, best first. Raises NoAnswer."""
    records = _ask(name, RecordType.MX, resolver)
    found = (record for record in records if isinstance(record, dns.Record_MX))
    return tuple(sorted((record.preference, _host(record.name)) for record in found))


def _ask(name: str, record_type: RecordType, resolver: Address) -> list[object]:
    question = dns.Message(id=secrets.randbelow(65536), recDes=1)
    question.addQuery(name.encode("ascii"), record_type)
    end = time.monotonic() + SECONDS
    try:
        answer = _over_udp(question, resolver, end)
        if answer.trunc:
            answer = _over_tcp(question, resolver, end)
    except OSError as error:
        raise NoAnswer(f"the DNS server {resolver} does not answer: {error.strerror or error}") from error
    if answer.rCode not in (dns.OK, _NO_SUCH_NAME):
        raise NoAnswer(f"the DNS server {resolver} answers with error {answer.rCode}")
    return [record.payload for record in answer.answers if record.type == record_type]


def _over_udp(question: dns.Message, resolver: Address, end: float) -> dns.Message:
    family = socket.AF_INET6 if ":" in resolver.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        # Connected: the kernel then drops what does not come from the resolver.
        sock.connect((resolver.host, resolver.port))
        sock.send(question.toStr())
        while True:
            sock.settimeout(max(0.01, end - time.monotonic()))
            answer = _parse(sock.recv(MOST_OCTETS), question)
            if answer is not None:
                return answer


def _over_tcp(question: dns.Message, resolver: Address, end: float) -> dns.Message:
    raw = question.toStr()
    with socket.create_connection((resolver.host, resolver.port), timeout=max(0.01, end - time.monotonic())) as sock:
        sock.sendall(len(raw).to_bytes(2, "big") + raw)
        with sock.makefile("rb") as stream:
            answer = _parse(stream.read(int.from_bytes(stream.read(2), "big")), question)
    if answer is None:
        raise NoAnswer(f"the DNS server {resolver} answers nonsense")
    return answer


def _parse(raw: bytes, question: dns.Message) -> dns.Message | None:
    """The answer, or None for octets that do not answer this question."""
    answer = dns.Message()
    try:
        answer.fromStr(raw)
    # Octets from the network: whatever the parser makes of them, they are no answer.
    except Exception:
        return None
    asked = [(query.name.name.lower(), query.type) for query in question.queries]
    repeated = [(query.name.name.lower(), query.type) for query in answer.queries]
    return answer if answer.answer and answer.id == question.id and asked == repeated else None


def _host(name: dns.Name) -> str:
    return name.name.decode("ascii", "backslashreplace").rstrip(".").lower()


def server_for(chosen: Address | None) -> tuple[str, int]:
    """The DNS server that was chosen, else the system's: its address and port, as `NamesResolver` takes them.

    Where none is known, this machine's own: nobody answers there, most likely, and then each question fails by itself.
    """
    try:
        server = chosen or system_resolver()
    except NoAnswer:
        return "127.0.0.1", 53
    return server.host, server.port
