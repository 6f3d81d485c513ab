"""A server that takes everything and keeps nothing: `python -m tests.load.bare_sink PORT`, until its input ends.

The yardstick of the flood: what the flood's senders, and the octets that they send, take from the machine by
themselves. It examines, stores and forwards nothing.
"""

import asyncio
import sys

from tests.servers.ports import HOST

END = b"\r\n.\r\n"
OFFER = b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._tail = b""
        self._is_in_content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._say(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        octets, self._tail = self._tail + data, b""
        if not self._is_in_content:
            *lines, self._tail = octets.split(b"\r\n")
            for line in lines:
                self._command(line[:4].upper())
        elif octets.endswith(END):
            self._is_in_content = False
            self._say(b"250 2.0.0 taken\r\n")
        else:
            self._tail = octets[-len(END) + 1 :]

    def _command(self, verb: bytes) -> None:
        match verb:
            case b"EHLO":
                self._say(OFFER)
            case b"DATA":
                self._is_in_content = True
                self._say(b"354 go ahead\r\n")
            case _:
                self._say(b"250 2.0.0 ok\r\n")

    def _say(self, reply: bytes) -> None:
        assert self._transport is not None
        self._transport.write(reply)


async def serve(port: int) -> None:
    """Until the standard input ends."""
    loop = asyncio.get_running_loop()
    await loop.create_server(Sink, HOST, port, backlog=512)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
