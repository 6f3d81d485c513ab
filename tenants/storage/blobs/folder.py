"""A blob store in a folder of this machine.

Layout: `FOLDER/ab/abcdef...`, 256 sub-folders by the first two characters of the name, made when first needed and then
remembered as durable. How a file becomes durable: `durable_file.py`.

Failure: see `contract.py`. Limits: one machine; a copy elsewhere is a matter of backups.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tenants.storage.blobs.contract import BlobMissing
from tenants.storage.blobs.durable_file import THIS_SYSTEM, OperatingSystem, make_folder, sync_folder, write_durably

PIECE_OCTETS = 64 * 1024
_NAME = re.compile(r"[0-9a-f]{32}")


class FolderBlobStore:
    """Implements BlobStore in `folder`, which is made when the first blob is put."""

    def __init__(self, folder: Path, system: OperatingSystem = THIS_SYSTEM) -> None:
        self._folder = folder
        self._system = system
        self._durable_folders: set[str] = set()

    def put(self, name: str, content: Iterable[bytes]) -> None:
        path = self._path(name)
        self._make_sub_folder(path.parent)
        write_durably(path, content, self._system)

    def get(self, name: str) -> Iterator[bytes]:
        try:
            with self._path(name).open("rb") as file:
                while piece := file.read(PIECE_OCTETS):
                    yield piece
        except FileNotFoundError:
            raise BlobMissing(name) from None

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        if not self._folder.is_dir():
            return
        for sub_folder in sorted(self._folder.iterdir()):
            if sub_folder.is_dir():
                yield from (entry.name for entry in os.scandir(sub_folder) if _NAME.fullmatch(entry.name))

    def free_octets(self) -> int | None:
        existing = self._folder
        while not existing.exists() and existing != existing.parent:
            existing = existing.parent
        figures = os.statvfs(existing)
        # What an ordinary user may still take: blocks kept for root are no room for mail.
        return figures.f_bavail * figures.f_frsize

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a blob")
        return self._folder / name[:2] / name

    def _make_sub_folder(self, sub_folder: Path) -> None:
        if sub_folder.name in self._durable_folders:
            return
        make_folder(sub_folder, self._system)
        # It may exist from a run that lost power before its entry was synced.
        sync_folder(self._folder, self._system)
        self._durable_folders.add(sub_folder.name)
