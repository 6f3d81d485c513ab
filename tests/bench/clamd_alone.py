"""clamd alone, fed the same messages whole over its socket: the limit of whoever asks it about whole messages.

    python -m tests.bench.clamd_alone SOCKET LOAD COUNT CONCURRENCY SEED

Speaks as the replay client does: makes the messages, says `made`, waits for a line, asks, prints one JSON document.
"""

import asyncio
import json
import sys
import time

from tests.bench.mail import make_messages
from tests.bench.replay import percentiles

_CHUNK = 1 << 18


async def ask(path: str, message: bytes) -> tuple[float, bytes]:
    """Seconds and the answer to one INSTREAM."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"zINSTREAM\0")
    for start in range(0, len(message), _CHUNK):
        piece = message[start : start + _CHUNK]
        writer.write(len(piece).to_bytes(4, "big") + piece)
    writer.write(bytes(4))
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return time.perf_counter() - began, answer


async def ask_all(path: str, messages: list[bytes], concurrency: int) -> list[tuple[float, bytes]]:
    """Each once, so many at a time."""
    waiting, done = list(reversed(messages)), list[tuple[float, bytes]]()

    async def lane() -> None:
        while waiting:
            done.append(await ask(path, waiting.pop()))

    await asyncio.gather(*(lane() for _ in range(concurrency)))
    return done


def main() -> None:
    """Make, wait, ask, tell."""
    path, load, count, concurrency, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    messages = list(make_messages(load, count, seed))
    print("made", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    done = asyncio.run(ask_all(path, messages, concurrency))
    seconds = time.perf_counter() - began
    refused = [answer.decode("ascii", "replace") for _, answer in done if not answer.startswith(b"stream: OK")]
    document = {
        "seconds": seconds,
        "octets": sum(map(len, messages)),
        "refused": len(refused),
        "refusals": refused[:3],
        "whole": percentiles([each for each, _ in done]),
        "reply": percentiles([each for each, _ in done]),
    }
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()
