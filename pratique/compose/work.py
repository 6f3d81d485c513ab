"""A `work` process: queue runner, releases, mail of our own, directories, sweep.

Parts in start order; the stop is the reverse.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from random import random
from socket import gethostname, socket
from typing import Any

from twisted.application.service import MultiService

from mx.delivery.queue import Offering, QueueWork
from mx.delivery.runner import Runner
from mx.delivery.schedule import end_of_life, next_attempt_at, rest_until
from mx.disposition.keep import QueueTimes
from mx.resume import Releaser
from pratique.compose.agents import chain_of
from pratique.compose.directories import compose_directories
from pratique.compose.next_hops import compose_next_hops
from pratique.compose.own_mail import compose_own_mail
from pratique.compose.scanning import compose_scanning
from pratique.compose.stopping import OrderedService
from pratique.compose.storage import compose_storage, queue_times
from pratique.settings.settings import Settings
from pratique.sweep import Sweep
from tenants.directory import Directory


def compose_work(settings: Settings, reactor: Any, sockets: Sequence[socket], name: str) -> MultiService:
    """Everything that one process needs to deliver what waits; it listens on nothing."""
    storage = compose_storage(settings, reactor)
    scanning = compose_scanning(settings, reactor, storage.threads, storage.clock, f"{settings.hostname}/{name}")
    next_hops = compose_next_hops(settings, reactor, is_queue=True)
    directory = Directory(storage.threads, storage.clock, reactor.seconds, frozenset({settings.hostname}))
    owner = f"{gethostname()}/{os.getpid()}"
    own_mail = compose_own_mail(settings, reactor, storage, next_hops, directory, owner)

    def attempt_after(now: datetime, attempts: int, expires_at: datetime) -> datetime | None:
        ends = end_of_life(expires_at, queue_times(settings)[1], storage.clock.absences)
        return next_attempt_at(now, attempts, ends, settings.retry, random)

    offering = Offering(
        directory=directory,
        forwarding=next_hops,
        sealed=storage.sealed,
        threads=storage.threads,
        reactor=reactor,
        now=storage.clock,
        next_attempt_at=attempt_after,
        own=own_mail.hops,
        rest_until=lambda now, failures: rest_until(now, failures, settings.retry, random),
        hostname=settings.hostname,
        service=settings.service_domain,
        scratch=storage.scratch,
    )
    releaser = Releaser(
        directory=directory,
        scanner=scanning.scanner,
        chain=chain_of(settings, reactor, storage.threads, storage.clock),
        forwarding=next_hops,
        sealed=storage.sealed,
        threads=storage.threads,
        reactor=reactor,
        now=storage.clock,
        hostname=settings.hostname,
        service=settings.service_domain,
        scratch=storage.scratch,
        owner=owner,
        times=QueueTimes(*queue_times(settings)),
    )
    works = (QueueWork(offering, owner), releaser, own_mail.writing)
    runners = [Runner(work, reactor, storage.threads.mark) for work in works]
    directories = compose_directories(settings, reactor, storage, owner)
    sweep = Sweep(storage.threads, storage.sealed, reactor, storage.clock)
    return OrderedService(
        [storage.threads, *scanning.services, next_hops, *own_mail.services, *runners, directories, sweep]
    )
