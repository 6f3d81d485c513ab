"""The transport agents, listed one by one. A policy's `agents` says which are on, and in which order.

Those of other packages come last, in the order in which `plugins` names them.
"""

from typing import Any

from mx.agents.attachment_filter import AttachmentFilter
from mx.agents.chain import Chain
from mx.agents.contract import Agent
from pratique.plugins import AGENTS, plugged
from pratique.settings import Settings, SettingsError


def chain_of(settings: Settings, reactor: Any) -> Chain:
    """All agents of one process. Raises SettingsError."""
    try:
        return Chain(agents_of(settings, reactor), reactor)
    except ValueError as error:
        raise SettingsError(f"plugins: {error}.") from None


def agents_of(settings: Settings, reactor: Any) -> list[Agent]:
    """Every agent, whether a policy names it or not."""
    agents: list[Agent] = [AttachmentFilter(reactor)]
    agents.extend(plugged(AGENTS, settings, reactor))
    return agents


def looking_chain_of(settings: Settings, reactor: Any) -> Chain:
    """Those that can look at a message outside its session, for `pratique scan`. Raises SettingsError."""
    return Chain([AttachmentFilter(reactor), *plugged(AGENTS, settings, reactor)], reactor)
