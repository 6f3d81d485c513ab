"""The tenant's server of the judge: takes everything, keeps the octets by reverse-path.

A thread for each connection, blocking sockets: it must keep up with one gateway, nothing more. It offers no extension
but 8BITMIME and SIZE, so that content comes over DATA.
"""

import socketserver
import threading
from collections import defaultdict
from types import TracebackType
from typing import BinaryIO, Self

HOST = "127.0.0.1"


class Receiver:
    """A server on a free port, from `with` to its end."""

    def __init__(self) -> None:
        self.taken: dict[str, list[bytes]] = defaultdict(list)
        """What arrived, by reverse-path."""
        receiver = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                receiver.talk(self.rfile, self.wfile)  # type: ignore[arg-type]

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 100

        self._server = Server((HOST, 0), Session)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def talk(self, reader: BinaryIO, writer: BinaryIO) -> None:
        """One connection."""
        try:
            self._talk(reader, writer)
        except (ConnectionError, ValueError):
            return

    def _talk(self, reader: BinaryIO, writer: BinaryIO) -> None:
        def say(line: bytes) -> None:
            writer.write(line + b"\r\n")
            writer.flush()

        say(b"220 next.example ESMTP")
        reverse_path = ""
        while line := reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-next.example\r\n250-SIZE 104857600\r\n250 8BITMIME")
            elif verb == b"MAIL":
                reverse_path = line.partition(b"<")[2].partition(b">")[0].decode("ascii")
                say(b"250 2.1.0 ok")
            elif verb == b"DATA":
                say(b"354 go on")
                self.taken[reverse_path].append(_content(reader))
                say(b"250 2.0.0 taken")
            elif verb == b"QUIT":
                say(b"221 2.0.0 bye")
                return
            else:
                say(b"250 2.0.0 ok")


def _content(reader: BinaryIO) -> bytes:
    """Everything up to the dot alone; dots unstuffed."""
    lines: list[bytes] = []
    while line := reader.readline():
        if line == b".\r\n" and (not lines or lines[-1].endswith(b"\r\n")):
            break
        starts_line = not lines or lines[-1].endswith(b"\r\n")
        lines.append(line[1:] if starts_line and line.startswith(b".") else line)
    return b"".join(lines)
