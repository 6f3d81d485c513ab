"""Clients that cost a server connections and time: one process that holds many, until its standard input ends.

    python -m tests.load.hostile KIND PORT COUNT RECIPIENT

Kinds: `idle` (greeted, then silent), `ehlo` (one command, then silent), `drip` (one octet of a command a second),
`data` (in the content, one octet a second), `churn` (connects and drops, as fast as it can, from one address).
They come from many loopback addresses, 40 each. Written to standard output: `holding N` once all that get in are in,
and at the end one line of JSON: how many got in, and how many of them the server has closed.
"""

import asyncio
import json
import resource
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass

from tests.servers.ports import HOST

A_SOURCE = 40
"""Connections from each address: below the limit of one client."""
AT_ONCE = 100
GREETING_SECONDS = 60.0
DRIP_SECONDS = 1.0
WORDS = b"NOOP " + b"x" * 400


@dataclass
class Tally:
    """What became of the connections."""

    got_in: int = 0
    closed_by_server: int = 0
    tried: int = 0


def raise_limit(files: int) -> None:
    """Let this process and those that it starts have so many descriptors. Raises ValueError where that is forbidden."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def source_of(number: int) -> str:
    """The loopback address that this connection comes from."""
    place = number // A_SOURCE
    return f"127.10.{place // 250}.{place % 250 + 1}"


class Hostile:
    """All connections of one kind."""

    def __init__(self, kind: str, port: int, recipient: str) -> None:
        self.tally = Tally()
        self._kind, self._port, self._recipient = kind, port, recipient
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._staying: list[asyncio.Future[None]] = []

    async def hold(self, count: int) -> None:
        """Returns when all that get in are in; they stay until the loop ends."""
        await asyncio.gather(*(self._begin(number) for number in range(count)))

    async def churn(self) -> None:
        """Never returns."""
        while True:
            self.tally.tried += 1
            with suppress(OSError):
                _, writer = await self._connect("127.10.0.1")
                self.tally.got_in += 1
                writer.transport.abort()

    async def _connect(self, source: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sock = socket.socket()
        try:
            sock.setblocking(False)
            sock.bind((source, 0))
            await asyncio.get_running_loop().sock_connect(sock, (HOST, self._port))
            return await asyncio.open_connection(sock=sock)
        except BaseException:
            sock.close()
            raise

    async def _begin(self, number: int) -> None:
        async with self._gate:
            self.tally.tried += 1
            try:
                reader, writer = await self._connect(source_of(number))
                greeting = await asyncio.wait_for(reader.readline(), GREETING_SECONDS)
                if not greeting.startswith(b"220"):
                    writer.close()
                    return
                await self._speak(reader, writer)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                return
            self.tally.got_in += 1
        self._staying.append(asyncio.ensure_future(self._stay(reader, writer)))

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        commands = {
            "ehlo": ["EHLO slow.example"],
            "data": ["EHLO slow.example", "MAIL FROM:<a@slow.example>", f"RCPT TO:<{self._recipient}>", "DATA"],
        }
        for command in commands.get(self._kind, []):
            writer.write(command.encode() + b"\r\n")
            while (await asyncio.wait_for(reader.readline(), GREETING_SECONDS))[3:4] == b"-":
                pass
        if self._kind == "data":
            writer.write(b"Subject: slow\r\n\r\n")

    async def _stay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if self._kind in ("drip", "data"):
                for octet in WORDS:
                    writer.write(bytes([octet]))
                    try:
                        ended = await asyncio.wait_for(reader.read(1000), DRIP_SECONDS)
                    except TimeoutError:
                        continue
                    if not ended:
                        break
            else:
                while await reader.read(1000):
                    pass
        self.tally.closed_by_server += 1


async def main(kind: str, port: int, count: int, recipient: str) -> None:
    """Until standard input ends."""
    hostile = Hostile(kind, port, recipient)
    working = asyncio.ensure_future(hostile.churn() if kind == "churn" else hostile.hold(count))
    if kind != "churn":
        await working
    print(f"holding {hostile.tally.got_in}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    working.cancel()
    print(json.dumps({"got_in": hostile.tally.got_in, "closed": hostile.tally.closed_by_server}), flush=True)


if __name__ == "__main__":
    raise_limit(int(sys.argv[3]) + 500)
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
