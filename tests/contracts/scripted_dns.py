"""A DNS server on loopback whose answers are a table: for what asks the DNS, without asking anybody's."""

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from twisted.names import dns

from pratique.quantities import Address

Records = Mapping[tuple[str, int], Sequence[dns.IEncodableRecord]]


class ScriptedDns:
    """What is answered, and how."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.is_cut = False
        """Over UDP only the beginning is sent: the client has to come again over TCP."""
        self.code = dns.OK
        self.noise: tuple[bytes, ...] = ()
        """Datagrams sent before the answer."""

    def answer(self, raw: bytes, is_cut: bool = False) -> bytes:
        """The answer to one question."""
        asked = dns.Message()
        asked.fromStr(raw)
        [query] = asked.queries
        answer = dns.Message(id=asked.id, answer=1, rCode=self.code, trunc=is_cut)
        answer.addQuery(query.name.name, query.type)
        if not is_cut:
            for record in self.records.get((query.name.name.decode(), query.type), ()):
                answer.answers.append(dns.RRHeader(query.name.name, record.TYPE, payload=record))
        return answer.toStr()


@contextmanager
def scripted_dns(script: ScriptedDns) -> Iterator[Address]:
    """The address of a server that answers by the script, over UDP and TCP."""

    class OverUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            raw, sock = self.request
            for datagram in (*script.noise, script.answer(raw, script.is_cut)):
                sock.sendto(datagram, self.client_address)

    class OverTcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            raw = self.rfile.read(int.from_bytes(self.rfile.read(2), "big"))
            answer = script.answer(raw)
            self.wfile.write(len(answer).to_bytes(2, "big") + answer)

    with (
        socketserver.UDPServer(("127.0.0.1", 0), OverUdp) as udp,
        socketserver.TCPServer(("127.0.0.1", udp.server_address[1]), OverTcp) as tcp,
    ):
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


@contextmanager
def silent_dns() -> Iterator[Address]:
    """The address of a server that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield Address("127.0.0.1", sock.getsockname()[1])
