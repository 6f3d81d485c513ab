"""The replay client: sends messages in which no two share a leaf, each on a connection of its own, and takes the time.

    python -m tests.bench.replay PORT LOAD COUNT CONCURRENCY SEED [RECIPIENT]

Makes its messages first, says `made`, waits for a line on its standard input, sends, and prints one JSON document:
seconds, octets, refused, and in milliseconds the 50th, 95th and 99th percentile from connecting to the reply to the
end of data (`whole`) and of that reply alone, from the last octet on (`reply`).
"""

import asyncio
import json
import statistics
import sys
import time

from tests.bench.mail import make_messages

ENVELOPE = b"MAIL FROM:<bench@sender.example>\r\nRCPT TO:<%b>\r\nDATA\r\n"


class Exchange(asyncio.Protocol):
    """One message on one connection."""

    def __init__(self, content: bytes, recipient: bytes, over: "asyncio.Future[Exchange]") -> None:
        self.content, self.over = content, over
        self.began = time.perf_counter()
        self.sent = self.answered = 0.0
        self.reply = b""
        self._rest = b""
        self._replies = 0
        # After which reply (the greeting is the first) what is sent.
        self._steps = {1: b"EHLO bench.example\r\n", 2: ENVELOPE % recipient, 5: content + b".\r\n", 6: b"QUIT\r\n"}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            if line[3:4] == b"-":
                continue
            self._replies += 1
            if line[:1] not in b"23" or self._replies == 6:
                self._end(line)
                return
            if (octets := self._steps.get(self._replies)) is not None:
                self._transport.write(octets)
                self.sent = time.perf_counter()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(b"000 the connection was cut")

    def _end(self, line: bytes) -> None:
        if self.over.done():
            return
        self.answered, self.reply = time.perf_counter(), line
        self._transport.write(b"QUIT\r\n")
        self._transport.close()
        self.over.set_result(self)


async def send_all(port: int, messages: list[bytes], recipient: bytes, concurrency: int) -> list[Exchange]:
    """Send each once, so many at a time."""
    loop, waiting, done = asyncio.get_running_loop(), list(reversed(messages)), list[Exchange]()

    async def lane() -> None:
        while waiting:
            content = waiting.pop()
            over: asyncio.Future[Exchange] = loop.create_future()
            await loop.create_connection(lambda: Exchange(content, recipient, over), "127.0.0.1", port)  # noqa: B023
            done.append(await over)
            done[-1].content = b""

    await asyncio.gather(*(lane() for _ in range(concurrency)))
    return done


def percentiles(seconds: list[float]) -> list[float]:
    """The 50th, 95th and 99th, in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return [round(cuts[at - 1] * 1000, 2) for at in (50, 95, 99)]


def main() -> None:
    """Make, wait, send, tell."""
    port, load, count, concurrency, seed = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])
    recipient = sys.argv[6].encode() if len(sys.argv) > 6 else b"user@bench.example"
    messages = list(make_messages(load, count, seed))
    print("made", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    done = asyncio.run(send_all(port, messages, recipient, concurrency))
    seconds = time.perf_counter() - began
    refused = [one.reply.decode("ascii", "replace") for one in done if not one.reply.startswith(b"250")]
    document = {
        "seconds": seconds,
        "octets": sum(map(len, messages)),
        "refused": len(refused),
        "refusals": refused[:3],
        "whole": percentiles([one.answered - one.began for one in done]),
        "reply": percentiles([one.answered - one.sent for one in done]),
    }
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()
