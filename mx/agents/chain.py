"""The chain: runs the agents of one policy in their order, each with a deadline and a decided failure.

Comes in: all agents that this process knows, at start; then one event after the other. Goes out: for each transaction
and policy a `Hearing`, which gathers what the agents said.

The order is the policy's: `agents` lists names, and that order is the order in which they are asked. An agent that
another entry switches on (`IMPLIED`) is asked behind them unless it is named.

Failure: a decider that fails means what it declared: go on, or 451. An observer that fails is logged. A name that no
agent has is a decider that failed with 451: a check that somebody asked for is never left out in silence.
Limits: 200 observers told and not finished yet; what comes on top is not told, and is logged.
A chain where a policy has no agent on costs one look-up in a dict.
"""

from collections.abc import Coroutine, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mx import reply
from mx.agents.answers import NotAnAnswer, checked
from mx.agents.contract import (
    HOOK_OF,
    AddHeaders,
    Agent,
    AgentEvent,
    Answer,
    Fact,
    Go,
    Hook,
    Observe,
    OnFailure,
    Refuse,
    Role,
    Spare,
    Vouch,
)
from mx.agents.steps import Step, changes_of
from mx.deadline import within
from mx.finding import Finding
from mx.reply import Reply
from tenants.policies.policy import Policy

MOST_OBSERVERS_UNDER_WAY = 200
IMPLIED: Mapping[str, str] = {"dns-blocklists": "dns_blocklists", "attachment-filter": "attachments"}
"""Agents that are on, without being named, where this entry of the policy is not empty."""

log = Logger()


@dataclass(frozen=True, slots=True)
class Place:
    """One agent in one hook's order."""

    agent: Agent | None
    """None for a name that no agent has."""
    name: str
    role: Role
    deadline_seconds: float
    on_failure: OnFailure
    judges_sender: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the trace."""

    agent: str
    hook: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal, and whose it is."""

    agent: str
    hook: str
    reply: Reply


Order = Mapping[Hook, tuple[Place, ...]]


class Chain:
    """All agents of one process."""

    def __init__(self, agents: Sequence[Agent], reactor: IReactorTime, may_spare: Set[str] = frozenset()) -> None:
        """`may_spare`: names of agents whose word may spare an artifact. Raises ValueError when two have one name."""
        self._may_spare = may_spare
        self._agents = {agent.about.name: agent for agent in agents}
        if len(self._agents) < len(agents):
            raise ValueError("two agents have the same name")
        self._reactor = reactor
        self._orders: dict[tuple[str, ...], Order | None] = {}
        self._under_way = 0

    @property
    def agents(self) -> Sequence[Agent]:
        return tuple(self._agents.values())

    def order_for(self, policy: Policy) -> Order | None:
        """Who is asked at each hook; None where nobody is."""
        names = names_for(policy)
        try:
            return self._orders[names]
        except KeyError:
            return self._orders.setdefault(names, self.order_of(names))

    def order_of(self, names: Sequence[str]) -> Order | None:
        """Who is asked at each hook when these agents are on, in this order."""
        if not names:
            return None
        order: dict[Hook, tuple[Place, ...]] = {}
        for hook in Hook:
            places = [_place(name, self._agents.get(name)) for name in names if self._is_asked(name, hook)]
            if places:
                order[hook] = tuple(places)
        return order

    def order_again(self, policy: Policy) -> Order:
        """Who looks at a message outside its session; a name that no agent has is asked as well, and fails."""
        places = (_place(name, self._agents.get(name)) for name in names_for(policy))
        asked = tuple(place for place in places if place.agent is None or place.agent.about.looks_again)
        return {Hook.MESSAGE: asked} if asked else {}

    def order_at_release(self, policy: Policy) -> Order:
        """Who puts header fields of today's on a held message that leaves."""
        agents = [agent for name in names_for(policy) if (agent := self._agents.get(name)) is not None]
        asked = tuple(_place(agent.about.name, agent) for agent in agents if agent.about.signs_release)
        return {Hook.DECIDED: asked} if asked else {}

    def says_once(self, name: str) -> bool:
        """Whether a finding of this name's cannot be found again outside the session in which it was made."""
        agent = self._agents.get(name)
        return agent is not None and not agent.about.looks_again

    def seconds(self) -> float:
        """The reactor's clock."""
        return self._reactor.seconds()

    def _is_asked(self, name: str, hook: Hook) -> bool:
        agent = self._agents.get(name)
        return hasattr(agent, hook.method) if agent is not None else hook is Hook.RECIPIENT

    async def ask(self, hearing: "Hearing", event: AgentEvent, seconds: float = 60.0) -> Reply | None:
        """Show the event to those who want it, for at most `seconds` in all; the refusal, when there is one.

        Once there is a refusal, no further decider is asked; observers are told nevertheless.
        """
        hook = HOOK_OF[type(event)]
        ends = self._reactor.seconds() + seconds
        for place in hearing.order.get(hook, ()):
            if place.role is Role.OBSERVER or hook is Hook.DELIVERED:
                self._tell(place, hook, event)
            elif hearing.refusal is None and not (hearing.is_vouched and place.judges_sender):
                started = self._reactor.seconds()
                limit = min(place.deadline_seconds, max(0.0, ends - started))
                given = await self._answer_of(place, hook, event, limit)
                hearing.take(place, hook, given)
                if hearing.steps is not None:
                    hearing.steps.append(
                        Step(place.name, hook.method, self._reactor.seconds() - started, changes_of(given))
                    )
        return hearing.refusal.reply if hearing.refusal is not None else None

    async def _answer_of(
        self, place: Place, hook: Hook, event: AgentEvent, seconds: float
    ) -> tuple[Answer, ...] | NotAnAnswer:
        if place.agent is None:
            return NotAnAnswer("there is no agent of this name here")
        method = getattr(place.agent, hook.method)
        given: object = await within(lambda: method(event), seconds, self._reactor, NotAnAnswer)
        if isinstance(given, NotAnAnswer):
            return given
        rights, may_spare = place.agent.about.rights, place.name in self._may_spare
        try:
            return checked(given, hook, place.name, _shown(event), rights, may_spare=may_spare)
        except NotAnAnswer as wrong:
            return wrong

    def _tell(self, place: Place, hook: Hook, event: AgentEvent) -> None:
        if self._under_way >= MOST_OBSERVERS_UNDER_WAY:
            log.warn("agent.not-told", agent=place.name, hook=hook.method)
            return
        self._under_way += 1
        method = getattr(place.agent, hook.method)

        def told(_: object) -> None:
            self._under_way -= 1

        telling: Deferred[object] = within(
            lambda: _without_answer(method(event)),
            place.deadline_seconds,
            self._reactor,
            lambda reason: log.warn("agent.observer-failed", agent=place.name, hook=hook.method, reason=reason),
        )
        telling.addBoth(told)


@dataclass(slots=True)
class Hearing:
    """What the agents of one policy have said in one transaction so far."""

    order: Order
    is_report_only: bool = False
    findings: list[Finding] = field(default_factory=list)
    added: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    is_vouched: bool = False
    spared: Spare | None = None
    refusal: Refusal | None = None
    steps: list[Step] | None = None
    """What each of them was asked and said; None where nobody wants to know."""

    @property
    def headers_on_top(self) -> bytes:
        """All added header fields; what was added last stands uppermost."""
        return "".join(f"{line}\r\n" for fields in reversed(self.added) for line in fields).encode("ascii")

    def take(self, place: Place, hook: Hook, answers: tuple[Answer, ...] | NotAnAnswer) -> None:
        """Add what one agent said to what is known; a failure is what the agent declared it to be."""
        if isinstance(answers, NotAnAnswer):
            self.note(place.name, hook, "failed", str(answers))
            if place.on_failure is OnFailure.DEFER:
                self._refuse(place.name, hook, reply.AGENT_UNAVAILABLE)
            return
        for answer in answers:
            self._take_one(place.name, hook, answer)

    def note(self, agent: str, hook: Hook, name: str, value: str) -> None:
        """Remember something for the trace."""
        self.notes.append(Note(agent, hook.method, Fact(name, value)))

    def _take_one(self, agent: str, hook: Hook, answer: Answer) -> None:
        match answer:
            case Go():
                pass
            case Refuse():
                self._refuse(agent, hook, answer.reply)
            case Observe():
                self.findings.extend(answer.findings)
                self.notes.extend(Note(agent, hook.method, fact) for fact in answer.facts)
            case AddHeaders():
                self.added.append(answer.fields)
            case Spare():
                self.spared = answer
            case Vouch():
                self.is_vouched = True
                self.note(agent, hook, "vouched", "")

    def _refuse(self, agent: str, hook: Hook, refused_with: Reply) -> None:
        if self.is_report_only:
            self.note(agent, hook, "would-refuse", refused_with.line)
        else:
            self.refusal = Refusal(agent, hook.method, refused_with)


def names_for(policy: Policy) -> tuple[str, ...]:
    """The agents that are on for a policy, in their order."""
    implied = [name for name, entry in IMPLIED.items() if getattr(policy, entry) and name not in policy.agents]
    return (*policy.agents, *implied)


def _place(name: str, agent: Agent | None) -> Place:
    if agent is None:
        return Place(None, name, Role.DECIDER, 0.0, OnFailure.DEFER)
    about = agent.about
    return Place(agent, name, about.role, about.deadline_seconds, about.on_failure, about.judges_sender)


def _shown(event: AgentEvent) -> frozenset[int]:
    examination = getattr(event, "examination", None)
    return frozenset(range(len(examination.artifacts))) if examination is not None else frozenset({0})


async def _without_answer(telling: Coroutine[Any, Any, object]) -> None:
    await telling
