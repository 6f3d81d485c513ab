"""Recipients from directories, kept up to date: each that is due is asked, and what it gave is applied.

Comes in: leases of `tenants/recipients/directories.py`. Goes out: the domain's recipients, or a trouble noted.
The conversation runs in a thread, because it blocks; the book's part runs where the book's parts always do.

Failure: a directory that is away, refuses, gives nonsense or would remove too many: noted, what was known stays in
force, and it is asked again. Database away: `runner.py`; the lease ends by itself.
Limits: AT_ONCE directories at a time in a process; a look every LOOK_SECONDS.
"""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any

from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from mx.ldap.connection import LdapTrouble, Surroundings
from mx.ldap.people import People
from tenants.encryption.keys import Keyring
from tenants.recipients.directories import (
    Directory,
    Lease,
    LeaseLost,
    Opened,
    apply_answer,
    lease_directories,
    note_trouble,
    open_directory,
)
from tenants.recipients.skipped_entries import Skipped
from tenants.refusals import Refusal
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import OfTenant, Reader

AT_ONCE = 2
LOOK_SECONDS = 5.0
UNREADABLE_PASSWORD = "The directory's password cannot be opened any more: name the directory again."  # noqa: S105

log = Logger()


class DirectorySync:
    """The `Work` of a runner."""

    name = "directories"

    def __init__(
        self,
        threads: DatabaseThreads,
        keyring: Keyring,
        around: Surroundings,
        reactor: Any,
        now: Callable[[], datetime],
        owner: str,
    ) -> None:
        self._threads, self._keyring, self._around = threads, keyring, around
        self._reactor, self._now, self._owner = reactor, now, owner
        self._under_way = 0
        self._next_look = 0.0

    async def lease(self, most: int) -> Sequence[Coroutine[Any, Any, None]]:
        """See `Work`."""
        free = min(most, AT_ONCE - self._under_way)
        if free <= 0 or self._reactor.seconds() < self._next_look:
            return ()
        self._next_look = self._reactor.seconds() + LOOK_SECONDS
        leases = await self._threads.run(
            Reader.RUNNER, lease_directories, now=self._now(), limit=free, owner=self._owner
        )
        return [self._sync(lease) for lease in leases]

    async def is_any_waiting(self) -> bool:
        """See `Work`: `lease` spares itself most looks already."""
        return True

    async def _sync(self, lease: Lease) -> None:
        self._under_way += 1
        try:
            await self._ask_and_apply(lease)
        except LeaseLost as lost:
            log.info("directory.lease-lost", lease=str(lost))
        finally:
            self._under_way -= 1

    async def _ask_and_apply(self, lease: Lease) -> None:
        viewpoint = OfTenant(lease.tenant_id)
        try:
            asked = await self._threads.run(viewpoint, open_directory, self._keyring, lease)
        except SealBroken:
            await self._note(lease, "", UNREADABLE_PASSWORD)
            return
        if not asked.domain:
            return
        try:
            people = await self._read(asked)
        except LdapTrouble as trouble:
            await self._note(lease, asked.domain, str(trouble))
            return
        try:
            change = await self._threads.run(
                viewpoint,
                apply_answer,
                lease,
                local_parts=frozenset(people.local_parts),
                skipped=people.skipped,
                now=self._now(),
            )
        except Refusal as refusal:
            await self._note(lease, asked.domain, str(refusal), people.skipped)
            return
        log.info("directory.synced", domain=asked.domain, added=change.added, removed=change.removed)

    async def _read(self, asked: Opened) -> People:
        pool = self._reactor.getThreadPool()
        return await deferToThreadPool(self._reactor, pool, _read_people, asked.directory, asked.domain, self._around)

    async def _note(self, lease: Lease, domain: str, trouble: str, skipped: Skipped | None = None) -> None:
        log.warn("directory.trouble", domain=domain, reason=trouble)
        await self._threads.run(
            OfTenant(lease.tenant_id), note_trouble, lease, trouble=trouble, now=self._now(), skipped=skipped
        )


def _read_people(directory: Directory, domain: str, around: Surroundings) -> People:
    """Everybody whom the directory names. Raises LdapTrouble."""
    # Imported at the first directory: most installations have none, and LDAP costs a process 40 ms at its start.
    from mx.ldap.conversation import read_people

    return read_people(directory, domain, around)
