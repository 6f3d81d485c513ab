"""One question to a clamd on this machine, about octets too many to be sent: they are handed over as a descriptor.

Comes in: a daemon with a unix socket, and a Content. Goes out: an Answer, or CannotConnect. The octets are written to
sealed memory without a name (Linux), piece by piece between other work, and clamd is passed its descriptor.

Standards: clamd(8), section COMMANDS: `FILDES`; unix(7), SCM_RIGHTS; memfd_create(2).

Failure: as in `connection.py`. A clamd that answers ERROR, because its own confinement lets it read no such
memory, does not look that far: `TooLarge`.
Limits: the memory lives as long as the question; its caller bounds how many there are.
"""

import array
import fcntl
import os
import socket
from collections.abc import Iterator
from typing import Any, cast

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Cooperator

from mx.artifact import Content
from mx.engines.answer import Answer, NoAnswer
from mx.engines.clamd.connection import CannotConnect, Daemon, connected, unreadable
from mx.engines.clamd.hearing import Hearing
from mx.engines.clamd.protocol import read_descriptor_answer

CAN_HAND_OVER = hasattr(os, "memfd_create")
COMMAND = b"zFILDES\0"


async def ask_by_descriptor(reactor: IReactorTime, daemon: Daemon, content: Content) -> Answer:
    """What this clamd says of the content. Raises CannotConnect."""
    memory = os.memfd_create("artifact", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        writing = Cooperator(scheduler=lambda step: cast(Any, reactor).callLater(0, step))
        try:
            await writing.cooperate(_write(memory, content)).whenDone()
        except Exception as error:
            return NoAnswer(unreadable(error))
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        try:
            connection = connected(daemon)
            try:
                connection.send(COMMAND)
                rights = array.array("i", [memory])
                connection.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            except OSError:
                connection.close()
                raise
        except OSError as error:
            raise CannotConnect(f"no connection: {type(error).__name__}") from None
        return await Hearing(reactor, connection, read_descriptor_answer).answer
    finally:
        os.close(memory)


def _write(memory: int, content: Content) -> Iterator[None]:
    for chunk in content.chunks():
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(memory, rest[: 1 << 20]) :]
            yield
    os.lseek(memory, 0, os.SEEK_SET)
