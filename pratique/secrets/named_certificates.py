"""Certificates by name: what the client of a TLS handshake asks for (SNI), from a folder that may change at any time.

Each domain of a tenant has an MX name of its own, so that senders can check a certificate (DANE, MTA-STS). The folder
has `NAME.pem` for each name, the chain with its key in the same file or in `NAME.key` beside it; `_.mx.example.pem` is
for every name right below `mx.example`. A name without a file gets the certificate that is for all.

A file is looked at in each handshake that names it, and read again when it has changed: no restart, no signal.

Standards: RFC 6066 section 3 (server name).
Failure: a file that cannot be used is told in the log once, and what was read of it before stays in use.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from OpenSSL import SSL
from twisted.logger import Logger

_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+", re.ASCII)
Stamp = tuple[int, ...]

log = Logger()


@dataclass(slots=True)
class _Known:
    """One file as it was when it was last looked at."""

    stamp: Stamp
    context: SSL.Context | None
    """None where it has never been of use."""


class NamedCertificates:
    """Those of one folder."""

    def __init__(self, folder: Path, make: Callable[[Path, Path], SSL.Context]) -> None:
        """`make` reads chain and key; raises OSError, SSL.Error. Every file is read now, so that faults are told."""
        self._folder, self._make = folder, make
        self._known: dict[str, _Known] = {}
        for file in sorted(folder.glob("*.pem")):
            self._look(file.stem)

    def choose(self, connection: SSL.Connection) -> None:
        """Shows the certificate for the name that this handshake asks for (OpenSSL's call)."""
        asked = (connection.get_servername() or b"").decode("ascii", "replace").lower().rstrip(".")
        if not _NAME.fullmatch(asked):
            return
        context = self._look(asked) or self._look(f"_.{asked.partition('.')[2]}")
        if context is not None:
            connection.set_context(context)

    def _look(self, name: str) -> SSL.Context | None:
        chain, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        known = self._known.get(name)
        try:
            stamp = _stamp(chain)
        except OSError:
            if known is not None:
                del self._known[name]
            return None
        try:
            stamp += _stamp(key)
        except OSError:
            key = chain
        if known is None or known.stamp != stamp:
            before = known.context if known is not None else None
            self._known[name] = known = _Known(stamp, self._read(chain, key) or before)
        return known.context

    def _read(self, chain: Path, key: Path) -> SSL.Context | None:
        try:
            return self._make(chain, key)
        except (OSError, SSL.Error) as error:
            words = getattr(error, "strerror", None) or "chain and key cannot be used together"
            log.warn("smtp.certificate-not-used", file=str(chain), reason=words)
            return None


def _stamp(file: Path) -> Stamp:
    """What changes when the file does. Raises OSError."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
