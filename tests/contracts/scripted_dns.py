"""A DNS server on loopback whose answers are a table: for what asks the DNS, without asking anybody's."""

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from twisted.names import dns

from pratique.settings.quantities import Address

TLSA = 52
Records = Mapping[tuple[str, int], Sequence[dns.IEncodableRecord]]


class ScriptedDns:
    """What is answered, and how."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.is_cut = False
        """Over UDP only the beginning is sent: the client has to come again over TCP."""
        self.code = dns.OK
        self.missing: frozenset[str] = frozenset()
        """Names that do not exist."""
        self.failing: frozenset[str] = frozenset()
        """Names that the server cannot find out about."""
        self.silent: frozenset[str] = frozenset()
        """Names that it says nothing of."""
        self.is_vouched_for = False
        """DNSSEC vouches for the answers: the AD bit."""
        self.open_to_forgers: frozenset[str] = frozenset()
        """Names for which it does not, all the same."""
        self.asked: list[tuple[str, int]] = []
        self.noise: tuple[bytes, ...] = ()
        """Datagrams sent before the answer."""

    def answer(self, raw: bytes, is_cut: bool = False) -> bytes:
        """The answer to one question."""
        asked = dns.Message()
        asked.fromStr(raw)
        [query] = asked.queries
        name = query.name.name.decode().lower()
        self.asked.append((name, query.type))
        code = dns.ENAME if name in self.missing else dns.ESERVER if name in self.failing else self.code
        is_vouched_for = self.is_vouched_for and name not in self.open_to_forgers
        answer = dns.Message(id=asked.id, answer=1, rCode=code, trunc=is_cut, authenticData=is_vouched_for)
        answer.addQuery(query.name.name, query.type)
        if not is_cut:
            owner = query.name.name
            for record in self.records.get((name, query.type), ()):
                answer.answers.append(dns.RRHeader(owner, record.TYPE, ttl=record.ttl or 0, payload=record))
                if isinstance(record, dns.Record_CNAME):
                    owner = record.name.name
        return answer.toStr()

    def is_silent_about(self, raw: bytes) -> bool:
        """Whether this question gets no answer."""
        asked = dns.Message()
        asked.fromStr(raw)
        return asked.queries[0].name.name.decode().lower() in self.silent


def tlsa(usage: int, selector: int, matching: int, association: bytes) -> dns.UnknownRecord:
    """A TLSA record, which Twisted knows nothing of."""
    record = dns.UnknownRecord(bytes((usage, selector, matching)) + association, ttl=60)
    record.TYPE = TLSA
    return record


@contextmanager
def scripted_dns(script: ScriptedDns) -> Iterator[Address]:
    """The address of a server that answers by the script, over UDP and TCP."""

    class OverUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            raw, sock = self.request
            if script.is_silent_about(raw):
                return
            for datagram in (*script.noise, script.answer(raw, script.is_cut)):
                sock.sendto(datagram, self.client_address)

    class OverTcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            raw = self.rfile.read(int.from_bytes(self.rfile.read(2), "big"))
            answer = script.answer(raw)
            self.wfile.write(len(answer).to_bytes(2, "big") + answer)

    udp, tcp = _bind(OverUdp, OverTcp)
    with udp, tcp:
        threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in (udp, tcp)]
        for thread in threads:
            thread.start()
        try:
            yield Address("127.0.0.1", udp.server_address[1])
        finally:
            for server in (udp, tcp):
                server.shutdown()
            for thread in threads:
                thread.join()


def _bind(
    over_udp: type[socketserver.BaseRequestHandler], over_tcp: type[socketserver.BaseRequestHandler]
) -> tuple[socketserver.UDPServer, socketserver.TCPServer]:
    """Two servers on one port, which must be free for both."""
    for _ in range(50):
        tcp = socketserver.TCPServer(("127.0.0.1", 0), over_tcp)
        try:
            return socketserver.UDPServer(("127.0.0.1", tcp.server_address[1]), over_udp), tcp
        except OSError:
            tcp.server_close()
    raise AssertionError("no port is free")


@contextmanager
def silent_dns() -> Iterator[Address]:
    """The address of a server that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield Address("127.0.0.1", sock.getsockname()[1])
