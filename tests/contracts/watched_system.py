"""The operating system's calls that make bytes durable, carried out, written down, and made to fail when asked."""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class WatchedSystem:
    """Implements OperatingSystem; paths are told as seen from `folder`."""

    folder: Path
    fail_at: int | None = None
    """The number of the call, counted from 0, that fails with EIO."""
    calls: list[str] = field(default_factory=list)
    _open: dict[int, str] = field(default_factory=dict)

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        self._note(f"open {self._shown(path)}")
        descriptor = os.open(path, flags, mode)
        self._open[descriptor] = self._shown(path)
        return descriptor

    def write(self, descriptor: int, octets: bytes) -> int:
        self._note(f"write {self._open[descriptor]}")
        return os.write(descriptor, octets)

    def fsync(self, descriptor: int) -> None:
        self._note(f"fsync {self._open[descriptor]}")
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        self._note(f"close {self._open.pop(descriptor)}")
        os.close(descriptor)

    def replace(self, source: str, target: str) -> None:
        self._note(f"rename {self._shown(source)} to {self._shown(target)}")
        os.replace(source, target)

    def link(self, source: str, target: str) -> None:
        self._note(f"link {self._shown(source)} to {self._shown(target)}")
        os.link(source, target)

    def unlink(self, path: str) -> None:
        self._note(f"unlink {self._shown(path)}")
        os.unlink(path)

    def mkdir(self, path: str, mode: int = 0o777) -> None:
        self._note(f"mkdir {self._shown(path)}")
        os.mkdir(path, mode)

    def durable_steps(self) -> list[str]:
        """The calls in order, without opening and closing."""
        return [call for call in self.calls if call.split()[0] not in ("open", "close")]

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if self.fail_at == len(self.calls) - 1:
            raise OSError(errno.EIO, f"injected: {call}")

    def _shown(self, path: str) -> str:
        return "PARTIAL" if path.endswith(".part") else str(Path(path).relative_to(self.folder))
