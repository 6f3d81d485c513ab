"""What clamd says of itself: version, signatures and their age, for a person. Asked with the `clamd` package.

Comes in: the daemons. Goes out: one EngineState for all of them.
The package blocks and sets no time limit on connecting, so it runs in a thread, and only after the daemon has taken a
connection and answered PING within ANSWER_SECONDS: a thread that hangs could not be ended.

Failure: a daemon that is away is part of the state; nothing is raised.
Limits: signatures have an age only where clamd states one. With a database of one's own it says `ClamAV 1.4.6` and no
more. The time is taken as this machine's local time, because clamd names no zone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool

from mx.engines.clamd.connection import Daemon, answers_ping
from mx.engines.contract import EngineState

ANSWER_SECONDS = 3.0
_TIME = "%a %b %d %H:%M:%S %Y"


async def state_of(reactor: IReactorTime, engine: str, daemons: Sequence[Daemon]) -> EngineState:
    """The state of the engine whose daemons these are; versions are the first answering daemon's."""
    alive = [daemon for daemon in daemons if await answers_ping(reactor, daemon, ANSWER_SECONDS)]
    if not alive:
        return EngineState(engine, is_available=False, text="no answer")
    away = [str(daemon) for daemon in daemons if daemon not in alive]
    text = f"no answer from {', '.join(away)}" if away else "ready"
    version, signature_version, signature_time = parse_version(await _version(reactor, alive[0]))
    return EngineState(
        engine,
        is_available=True,
        text=text,
        version=version,
        signature_version=signature_version,
        signature_time=signature_time,
    )


def parse_version(answer: str) -> tuple[str, str, datetime | None]:
    """Program, signatures and their time, from `ClamAV 1.4.6/27812/Mon Nov 23 08:00:00 2026`; empty where missing."""
    program, _, signatures = answer.partition("/")
    number, _, time = signatures.partition("/")
    try:
        signature_time = datetime.strptime(time.strip(), _TIME).astimezone() if time else None
    except ValueError:
        signature_time = None
    return program.removeprefix("ClamAV").strip(), number.strip(), signature_time


def _version(reactor: IReactorTime, daemon: Daemon) -> Deferred[str]:
    threaded = cast(IReactorThreads, reactor)
    return deferToThreadPool(threaded, threaded.getThreadPool(), _ask_version, daemon)


def _ask_version(daemon: Daemon) -> str:
    """VERSION in the package's own words; empty when it fails. Runs in a thread."""
    import clamd  # its import looks for pkg_resources, which takes longer than all of ours

    if daemon.path:
        client = clamd.ClamdUnixSocket(daemon.path, ANSWER_SECONDS)
    else:
        client = clamd.ClamdNetworkSocket(daemon.host, daemon.port, ANSWER_SECONDS)
    try:
        return str(client.version())
    except (clamd.ClamdError, OSError, UnicodeDecodeError):
        return ""
