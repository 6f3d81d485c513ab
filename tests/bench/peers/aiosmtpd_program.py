"""A plain relay on aiosmtpd that asks clamd: what one writes in an afternoon.

    python aiosmtpd_program.py PORT SINK_PORT CLAMD_SOCKET PROCESSES

Runs in a virtual environment of its own, with aiosmtpd and aiosmtplib (`install_peers.sh`). All its processes listen on
one port. A `250` means that the next hop has taken the message.
"""

import asyncio
import contextlib
import os
import socket
import sys
from typing import Any

_CHUNK = 1 << 20
_MOST_OCTETS = 52428800


class Relay:
    """aiosmtpd's handler."""

    def __init__(self, sink_port: int, clamd: str) -> None:
        self._sink_port, self._clamd = sink_port, clamd

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Scan, then forward."""
        import aiosmtplib

        content: bytes = envelope.original_content
        answer = await self._scan(content)
        if not answer.endswith(b"OK"):
            return "550 5.7.1 Infected" if b"FOUND" in answer else "451 4.7.1 The scanner gave no answer"
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self._sink_port, start_tls=False) as client:
            await client.sendmail(envelope.mail_from, envelope.rcpt_tos, content)
        return "250 OK"

    async def _scan(self, content: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._clamd)
        writer.write(b"zINSTREAM\0")
        for start in range(0, len(content), _CHUNK):
            piece = content[start : start + _CHUNK]
            writer.write(len(piece).to_bytes(4, "big") + piece)
        writer.write(bytes(4))
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer.rstrip(b"\0")


async def serve(port: int, relay: Relay) -> None:
    """Until it is ended."""
    from aiosmtpd.smtp import SMTP

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", port))
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(relay, data_size_limit=_MOST_OCTETS, hostname="bench"), sock=listening, backlog=1000
    )
    await server.serve_forever()


def main() -> None:
    """The relay, once for each process."""
    port, sink_port, clamd, processes = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    for _ in range(processes - 1):
        if not os.fork():
            break
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(port, Relay(sink_port, clamd)))


if __name__ == "__main__":
    main()
