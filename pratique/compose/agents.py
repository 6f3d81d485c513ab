"""The transport agents, listed one by one. A policy's `agents` says which are on, and in which order.

Those of other packages come last, in the order in which `plugins` names them, in processes of their own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mx.agents import stamp_reader
from mx.agents.antivirus_stamp import AntivirusStamp
from mx.agents.arc_sealing import ArcSealing
from mx.agents.attachment_filter import AttachmentFilter
from mx.agents.authentication import Authentication
from mx.agents.chain import Chain
from mx.agents.contract import Agent
from mx.agents.dns_blocklists import DnsBlocklists
from mx.agents.greylisting import Greylisting
from mx.agents.outside.agent import OutsideAgent
from mx.agents.sender_lists import SenderLists
from mx.agents.stamp_check import StampCheck
from mx.agents.stamp_reader import StampReader
from mx.names.resolver import NamesResolver
from pratique.dns_question import server_for
from pratique.outside_plugins import outside_agents
from pratique.secrets.dkim_keys import open_sealer
from pratique.secrets.stamp_key import open_signer
from pratique.settings.settings import Settings, SettingsError
from tenants.storage.database_threads import DatabaseThreads


def stamp_check_of(settings: Settings, reactor: Any) -> StampCheck:
    """What fetches the keys of other services' stamps."""
    dns = NamesResolver(reactor, server_for(settings.resolver))
    return StampCheck(dns, reactor, settings.service_domain, {each.domain: each.key for each in settings.stamp_trusted})


def chain_of(
    settings: Settings,
    reactor: Any,
    threads: DatabaseThreads,
    now: Callable[[], datetime],
    stamps: StampCheck | None = None,
) -> Chain:
    """All agents of one process; `stamps` is the process's own, where it has one. Raises SettingsError."""
    agents = agents_of(settings, reactor, threads, now, stamps or stamp_check_of(settings, reactor))
    try:
        return Chain(agents, reactor, may_spare=frozenset({stamp_reader.NAME}))
    except ValueError as error:
        for agent in agents:
            if isinstance(agent, OutsideAgent):
                agent.stop()
        raise SettingsError(f"plugins: {error}.") from None


def agents_of(
    settings: Settings, reactor: Any, threads: DatabaseThreads, now: Callable[[], datetime], stamps: StampCheck
) -> list[Agent]:
    """Every agent, whether a policy names it or not."""
    dns = NamesResolver(reactor, server_for(settings.resolver))

    def now_seconds() -> float:
        return now().timestamp()

    agents: list[Agent] = [
        SenderLists(threads, dns),
        DnsBlocklists(dns),
        Greylisting(threads, now),
        Authentication(dns, reactor, settings.service_domain, now_seconds),
        AttachmentFilter(reactor),
        StampReader(stamps, frozenset(each.domain for each in settings.stamp_trusted), now_seconds),
        AntivirusStamp(open_signer(settings.data, settings.service_domain), reactor, now_seconds),
        ArcSealing(dns, reactor, open_sealer(settings.data, settings.hostname), settings.service_domain, now_seconds),
    ]
    return [*agents, *outside_agents(settings, reactor)]


def looking_chain_of(settings: Settings, reactor: Any) -> Chain:
    """Those that can look at a message outside its session, for `pratique scan`. Raises SettingsError."""
    return Chain([AttachmentFilter(reactor), *outside_agents(settings, reactor)], reactor)
