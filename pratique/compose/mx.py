"""An `mx` process: receives, scans, forwards, holds. Its parts in start order; the stop is the reverse, and drains."""

from collections.abc import Sequence
from socket import socket
from typing import Any

from twisted.application.service import MultiService

from mx.delivery.callout import CallOuts
from mx.delivery.shares import Share, Shares
from mx.disposition.carry_out import Disposition
from mx.disposition.cleaning import Cleaner
from mx.disposition.keep import Keeper, QueueTimes
from mx.disposition.quota import WithinQuota
from mx.intake import Intake
from mx.smtp.limits import Limits
from mx.smtp.listener import SmtpListener
from mx.smtp.tally import Tally
from pratique.compose.agents import chain_of, stamp_check_of
from pratique.compose.next_hops import compose_next_hops
from pratique.compose.scanning import compose_scanning
from pratique.compose.stopping import OrderedService
from pratique.compose.storage import compose_storage, queue_times
from pratique.secrets.certificate import tls_of
from pratique.settings.settings import Settings
from tenants.directory import Directory
from tenants.quotas import Quota, Quotas
from tenants.trace.writer import TraceWriter

DRAIN_SECONDS = 22.0
"""Below the supervisor's patience: what is under way then is cut, and its senders try again."""


def limits_of(settings: Settings) -> Limits:
    """What one session, and one client, may cost."""
    return Limits(
        message_octets=settings.size,
        connections_a_client=settings.client_connections,
        connections_a_minute=settings.client_connections_a_minute,
        commands_a_minute=settings.client_commands_a_minute,
        recipients_a_minute=settings.client_recipients_a_minute,
        stress_connections=settings.stress_connections,
        refuses_early_talkers=settings.refuse_early_talkers,
    )


def shares_of(settings: Settings) -> tuple[Quota, Share]:
    """What one tenant may have stored, and what it may receive in a minute."""
    quota = Quota(settings.tenant_queue, settings.tenant_quarantine)
    return quota, Share(settings.tenant_messages_a_minute, settings.tenant_recipients_a_minute)


def compose_mx(
    settings: Settings, reactor: Any, sockets: Sequence[socket], name: str, tally: Tally | None = None
) -> MultiService:
    """Everything that one process needs to receive mail on these sockets; `name` is its own on this node.

    `tally`: what the processes of this node count together.
    """
    storage = compose_storage(settings, reactor)
    scanning = compose_scanning(settings, reactor, storage.threads, storage.clock, f"{settings.hostname}/{name}")
    next_hops = compose_next_hops(settings, reactor)
    trace = TraceWriter(storage.threads, reactor)
    own_names = frozenset({settings.hostname})
    directory = Directory(storage.threads, storage.clock, reactor.seconds, own_names, settings.postmaster or "")
    first_wait, lifetime = queue_times(settings)
    keeper = Keeper(storage.sealed, storage.threads, reactor, storage.clock, QueueTimes(first_wait, lifetime))
    call_outs = CallOuts(next_hops, storage.threads, storage.clock, reactor.seconds)
    quota, share = shares_of(settings)
    quotas = Quotas(storage.threads, reactor.seconds, quota)
    cleaner = Cleaner(settings.hostname, settings.service_domain, storage.scratch)
    stamps = stamp_check_of(settings, reactor)
    intake = Intake(
        directory=directory,
        recipients=Shares(call_outs, quotas, share, reactor.seconds, tally),
        scanner=scanning.scanner,
        chain=chain_of(settings, reactor, storage.threads, storage.clock, stamps),
        disposition=Disposition(next_hops, WithinQuota(keeper, quotas), cleaner),
        trace=trace,
        has_room=storage.has_room,
        now=storage.clock,
        hostname=settings.hostname,
        stamps=stamps,
        scratch=storage.scratch,
    )
    listener = SmtpListener(
        reactor,
        sockets,
        intake.conversation,
        tls_of(settings),
        limits_of(settings),
        settings.hostname,
        DRAIN_SECONDS,
        settings.proxy_from,
        settings.xclient_from,
        tally,
    )
    return OrderedService([storage.threads, trace, *scanning.services, next_hops, listener])
