"""Whether clamd is an engine here: what the setting says, or else whether a daemon answers on its usual socket.

Asked once, by the process that a person started: a daemon that was found, or set, and is silent later is *unavailable*,
and the policy decides; one that was never there is not an engine.
"""

import socket
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pratique.settings.settings import Settings

USUAL_SOCKETS = (Path("/run/clamav/clamd.ctl"), Path("/var/run/clamav/clamd.ctl"), Path("/tmp/clamd.socket"))  # noqa: S108
ANSWER_SECONDS = 1.0


def with_clamd_found(settings: Settings, usual: Iterable[Path] = USUAL_SOCKETS) -> Settings:
    """The settings, where `clamd` is no longer open: the daemons that count from now on, or none."""
    if settings.clamd is not None:
        return settings
    found = next((path for path in usual if _answers(path)), None)
    return replace(settings, clamd=(f"unix:{found}",) if found else ())


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(ANSWER_SECONDS)
            probe.connect(str(path))
            probe.sendall(b"nPING\n")
            return probe.recv(5, socket.MSG_WAITALL) == b"PONG\n"
    except OSError:
        return False
