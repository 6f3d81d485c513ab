"""Disks of a test's own that fill up, turn read-only, or lose power: a small tmpfs, and ext4 in a file.

They are mounted, so root only, and Linux only; elsewhere ServerMissing says so. Only what was mounted here is touched.

A power cut is simulated: the file system is shut down without writing its journal out (what `godown` of the xfstests
does), everything that has it open is killed by the test, and it is mounted again. What the disk itself would lose of
its own cache is not simulated.
"""

import fcntl
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.program import ServerFailed, ServerMissing, find_program, server_folder

_SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN, of linux/fs/ext4/ext4.h."""
_LOSE_THE_JOURNAL = 2


def _run(*words: str | Path) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerFailed(f"{words[0]}: {done.stderr.strip()}")


def _try(*words: str | Path) -> bool:
    return subprocess.run([str(word) for word in words], capture_output=True, check=False).returncode == 0


def _require_root() -> None:
    if sys.platform != "linux" or os.getuid() != 0:
        raise ServerMissing("disks of a test's own are mounted by root, on Linux")


@contextmanager
def small_tmpfs(megabytes: int) -> Iterator[Path]:
    """A folder with so much room."""
    _require_root()
    with server_folder("tmpfs") as folder:
        place = folder / "disk"
        place.mkdir()
        try:
            _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}M,mode=0755", "tmpfs", place)
        except ServerFailed as refused:
            raise ServerMissing(str(refused)) from None
        try:
            yield place
        finally:
            _run("umount", "-l", place)


class Ext4Disk:
    """One file system in a file, mounted at `place`."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.place = folder / "disk"
        self._image = folder / "image"
        self.place.mkdir()
        with self._image.open("wb") as image:
            image.truncate(megabytes << 20)
        _run(find_program("mkfs.ext4", "/sbin"), "-q", "-F", self._image)

    def mount(self) -> None:
        """The journal is played back, as at a start after a power cut."""
        _run("mount", "-o", "loop", self._image, self.place)

    def unmount(self) -> bool:
        """False while somebody has it open: only after this can a broken one be mounted anew."""
        return _try("umount", self.place)

    def fail(self) -> None:
        """Every access fails with EIO from now on, and what is not on the device is lost."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _LOSE_THE_JOURNAL))
        finally:
            os.close(descriptor)

    def abort(self) -> None:
        """Read-only, as the kernel makes it after an error: what is open for writing is no obstacle."""
        _run("mount", "-o", "remount,abort", self.place)

    def make_read_only(self, *, is_read_only: bool = True) -> None:
        """As an operator makes it; the system refuses while something is open for writing."""
        _run("mount", "-o", f"remount,{'ro' if is_read_only else 'rw'}", self.place)


@contextmanager
def ext4_disk(megabytes: int = 512) -> Iterator[Ext4Disk]:
    """A mounted disk of its own."""
    _require_root()
    with server_folder("ext4") as folder:
        disk = Ext4Disk(folder, megabytes)
        try:
            disk.mount()
        except ServerFailed as refused:
            raise ServerMissing(str(refused)) from None
        try:
            yield disk
        finally:
            _try("umount", "-l", disk.place)
