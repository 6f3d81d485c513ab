"""The transport agents, listed one by one. A policy's `agents` says which are on, and in which order.

Those of other packages come last, in the order in which `plugins` names them.
"""

import time
from typing import Any

from mx.agents import stamp_reader
from mx.agents.antivirus_stamp import AntivirusStamp
from mx.agents.attachment_filter import AttachmentFilter
from mx.agents.authentication import Authentication
from mx.agents.chain import Chain
from mx.agents.contract import Agent
from mx.agents.stamp_reader import StampReader
from mx.names.resolver import NamesResolver
from pratique.dns_question import NoAnswer, system_resolver
from pratique.plugins import AGENTS, plugged
from pratique.settings import Settings, SettingsError
from pratique.stamp_key import open_signer


def chain_of(settings: Settings, reactor: Any) -> Chain:
    """All agents of one process. Raises SettingsError."""
    try:
        return Chain(agents_of(settings, reactor), reactor, may_spare=frozenset({stamp_reader.NAME}))
    except ValueError as error:
        raise SettingsError(f"plugins: {error}.") from None


def agents_of(settings: Settings, reactor: Any) -> list[Agent]:
    """Every agent, whether a policy names it or not."""
    dns = NamesResolver(reactor, _resolver(settings))
    agents: list[Agent] = [
        Authentication(dns, reactor, settings.hostname, time.time),
        AttachmentFilter(reactor),
        StampReader(
            dns, reactor, settings.service_domain, {each.domain: each.key for each in settings.stamp_trusted}, time.time
        ),
        AntivirusStamp(open_signer(settings.data, settings.service_domain), reactor, time.time),
    ]
    agents.extend(plugged(AGENTS, settings, reactor))
    return agents


def _resolver(settings: Settings) -> tuple[str, int]:
    """Where no DNS server is known, nobody answers at this machine's own, and the results say so."""
    if settings.resolver is not None:
        return settings.resolver.host, settings.resolver.port
    try:
        found = system_resolver()
    except NoAnswer:
        return "127.0.0.1", 53
    return found.host, found.port


def looking_chain_of(settings: Settings, reactor: Any) -> Chain:
    """Those that can look at a message outside its session, for `pratique scan`. Raises SettingsError."""
    return Chain([AttachmentFilter(reactor), *plugged(AGENTS, settings, reactor)], reactor)
