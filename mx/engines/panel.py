"""The panel: picks engines by the policy's bias, asks them at once, and makes of each exactly one outcome.

Comes in: artifacts, the circumstances of their message, what the policies demand, and a time limit. Goes out: whom it
asked, and an EngineOutcome of each. Also counts what each engine did, and keeps the ones that are not well out of
rotation (`health.py`), for `pratique engines`.

Failure: whatever an engine does (`question.py`), one that is out of rotation, and one whose signatures are older than
the policy's age and that found no infection, is `EngineFailed`, and the policy decides. One engine's failure changes
nothing for the others. Where the bias wants fewer answers than there are engines, another one is asked for one that
failed; an answer that is missing after all counts.
Limits: the deadline holds for engines that wait, and for those of other packages, which have processes of their own.
One of ours that computed without end would stop the whole process, so what works on hostile octets itself belongs in
the cells.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mx.artifact import Artifact
from mx.deadline import within
from mx.engines.bias import Candidate, Plan, plan_of
from mx.engines.canary import canary_of, is_found
from mx.engines.contract import NOTHING_KNOWN, Circumstances, Engine, EngineState, Purpose
from mx.engines.demand import Demand
from mx.engines.health import MISSED, Health
from mx.engines.question import outcome_of
from mx.engines.spared import left_over
from mx.engines.tally import EngineStatistics, Tally
from mx.finding import IN_CELLS, EngineFailed, EngineOutcome, Found, NothingFound, Severity

STATE_SECONDS = 10.0
PROBE_SECONDS = 10.0
FIRST_SHARE = 0.6
"""Of the time, for the engines that are asked first, where others could still be asked instead."""
BUSY_MESSAGES = 16
"""So many under way are a full load."""
WHOLE_DEMAND = Demand()
SHOWN_AGE_HOURS = WHOLE_DEMAND.signature_age_hours

T = TypeVar("T")

log = Logger()


@dataclass(frozen=True, slots=True)
class PanelAnswer:
    """Whom the bias made the panel ask, and what became of it."""

    asked: frozenset[str] = frozenset()
    outcomes: tuple[EngineOutcome, ...] = ()
    no_scanners: frozenset[str] = frozenset()
    """Those asked that do not look for malware: their answer is not enough where a scanner's is missing."""


@dataclass(slots=True)
class _Seat:
    """One engine, and what is known of it."""

    engine: Engine
    tally: Tally = field(default_factory=Tally)
    health: Health = field(default_factory=Health)
    state: EngineState | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the engines about one message."""

    artifacts: Sequence[Artifact]
    circumstances: Circumstances
    demand: Demand


class Panel:
    """All engines that look at artifacts outside the cells."""

    def __init__(
        self,
        engines: Sequence[Engine],
        reactor: IReactorTime,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`engines` in the order in which people see them. Raises ValueError when two have the same name."""
        self._reactor, self._now = reactor, now
        self._seats = {engine.name: _Seat(engine) for engine in engines}
        self._under_way = 0
        if len(self._seats) < len(engines) or not self._seats.keys().isdisjoint(IN_CELLS):
            raise ValueError("two engines have the same name")

    @property
    def names(self) -> frozenset[str]:
        """Every engine that is configured."""
        return frozenset(self._seats)

    async def ask(
        self,
        artifacts: Sequence[Artifact],
        seconds: float,
        circumstances: Circumstances = NOTHING_KNOWN,
        demand: Demand = WHOLE_DEMAND,
    ) -> PanelAnswer:
        """The outcomes after at most `seconds`. Does not raise for anything that an engine does."""
        groups = self._groups(demand)
        if demand.whole_message:
            circumstances = replace(circumstances, whole_message=True)
        question = _Question(artifacts, circumstances, demand)
        self._under_way += 1
        try:
            asking = [self._ask_group(names, question, seconds) for names in groups]
            answers = await _all(asking)
        finally:
            self._under_way -= 1
        outcomes = tuple(outcome for answer in answers for outcome in answer)
        asked = frozenset(outcome.engine for outcome in outcomes)
        spam = frozenset(name for name in asked if self._purpose_of(name) is Purpose.SPAM)
        return PanelAnswer(asked, outcomes, spam)

    async def states(self) -> tuple[EngineState, ...]:
        """The state of each engine now, in order."""
        return tuple(await _all([self._state_of(seat) for seat in self._seats.values()]))

    def statistics(self, name: str) -> EngineStatistics:
        """What the engine of this name has done. Raises KeyError for a name that is not among `names`."""
        return self._seats[name].tally.statistics()

    def due_for_probe(self) -> list[str]:
        """The engines that want a canary now."""
        now = self._reactor.seconds()
        return [name for name, seat in self._seats.items() if seat.health.wants_probe(now)]

    async def probe(self, name: str) -> None:
        """Shows the engine its canary, and takes it into rotation or out of it."""
        seat = self._seats[name]
        was_out = seat.health.obstacle
        seat.health.probing()
        canary = canary_of(seat.engine.canary)
        circumstances = Circumstances(message=canary.content, is_fresh=True, is_canary=True)
        outcome = await outcome_of(seat.engine, (canary,), circumstances, PROBE_SECONDS, self._reactor)
        now = self._reactor.seconds()
        match outcome:
            case EngineFailed():
                seat.health.canary_failed(now)
            case Found() if is_found(outcome):
                seat.health.canary_found(now)
            case _:
                seat.health.canary_missed(now)
        if was_out != seat.health.obstacle and bool(was_out) != bool(seat.health.obstacle):
            log.warn("engine.rotation", engine=name, out=seat.health.obstacle or "no longer")

    def _groups(self, demand: Demand) -> list[list[str]]:
        """The names of the engines to choose from, those of each purpose together. Unknown ones are for malware."""
        names = [name for name in demand.engines if name not in IN_CELLS] or list(self._seats)
        if demand.engines and set(demand.engines) <= {*IN_CELLS}:
            names = []
        spam = [name for name in names if self._purpose_of(name) is Purpose.SPAM]
        malware = [name for name in names if name not in spam]
        return [group for group in (malware, spam) if group]

    def _purpose_of(self, name: str) -> Purpose:
        return self._seats[name].engine.purpose if name in self._seats else Purpose.MALWARE

    async def _ask_group(self, names: list[str], question: _Question, seconds: float) -> list[EngineOutcome]:
        """The outcomes that count, in the order of the engines."""
        started = self._reactor.seconds()
        plan = self._plan(names, question.demand)
        share = FIRST_SHARE if plan.spares else 1.0
        outcomes = await self._ask_these(plan.first, question, seconds * share)
        spares = list(plan.spares)
        while spares and _missing(plan, outcomes):
            left = seconds - (self._reactor.seconds() - started)
            if left <= 0:
                break
            missing = _missing(plan, outcomes)
            taken, spares = spares[:missing], spares[missing:]
            outcomes += await self._ask_these(taken, question, left * FIRST_SHARE if spares else left)
        if not _missing(plan, outcomes):
            outcomes = [outcome for outcome in outcomes if not isinstance(outcome, EngineFailed)]
        return sorted(outcomes, key=lambda outcome: names.index(outcome.engine))

    def _plan(self, names: list[str], demand: Demand) -> Plan:
        if len(names) == 1:
            return Plan((names[0],), (), 1)
        candidates = [self._candidate(name, demand) for name in names]
        return plan_of(demand.bias, candidates, self._under_way / BUSY_MESSAGES)

    def _candidate(self, name: str, demand: Demand) -> Candidate:
        seat = self._seats.get(name)
        if seat is None:
            return Candidate(name, is_available=False)
        age = self._age_hours(seat)
        is_outdated = age is not None and 0 < demand.signature_age_hours < age
        seconds = seat.tally.statistics().median_seconds
        available = not seat.health.obstacle and not is_outdated
        return Candidate(name, available, seat.health.failing_share, age, seconds)

    async def _ask_these(self, names: Sequence[str], question: _Question, seconds: float) -> list[EngineOutcome]:
        return await _all([self._ask_one(name, question, seconds) for name in names])

    async def _ask_one(self, name: str, question: _Question, seconds: float) -> EngineOutcome:
        seat = self._seats.get(name)
        if seat is None:
            return EngineFailed(name, "it is not configured here")
        if obstacle := seat.health.obstacle:
            return EngineFailed(name, f"out of rotation: {obstacle}")
        started = self._reactor.seconds()
        shown = self._shown(seat, question)
        outcome = await outcome_of(seat.engine, shown, question.circumstances, seconds, self._reactor)
        now = self._reactor.seconds()
        seat.tally.add(outcome, now - started)
        if isinstance(outcome, EngineFailed):
            seat.health.failed(now)
        else:
            seat.health.answered()
        return self._as_old(outcome, seat, question.demand)

    def _shown(self, seat: _Seat, question: _Question) -> Sequence[Artifact]:
        """All, but what was examined elsewhere with signatures that are newer than this engine's."""
        elsewhere = question.circumstances.elsewhere
        time = seat.state.signature_time if seat.state is not None else None
        if elsewhere is None or time is None or time >= elsewhere.at or seat.engine.purpose is not Purpose.MALWARE:
            return question.artifacts
        return left_over(question.artifacts, elsewhere.digests)

    def _as_old(self, outcome: EngineOutcome, seat: _Seat, demand: Demand) -> EngineOutcome:
        """The outcome, unless the signatures are too old for it to say anything."""
        age = self._age_hours(seat)
        if age is None or not 0 < demand.signature_age_hours < age:
            return outcome
        is_infected = isinstance(outcome, Found) and any(
            finding.severity is Severity.INFECTED for finding in outcome.findings
        )
        if is_infected or isinstance(outcome, EngineFailed):
            return outcome
        return EngineFailed(outcome.engine, f"its signatures are {age:.0f} hours old")

    def _age_hours(self, seat: _Seat) -> float | None:
        time = seat.state.signature_time if seat.state is not None else None
        return None if time is None else (self._now() - time).total_seconds() / 3600

    async def _state_of(self, seat: _Seat) -> EngineState:
        name = seat.engine.name
        state = await within(
            seat.engine.state, STATE_SECONDS, self._reactor, lambda reason: EngineState(name, False, reason)
        )
        seat.state = state
        if not state.is_available:
            return state
        if obstacle := seat.health.obstacle:
            return replace(state, is_available=False, text="canary missed" if obstacle == MISSED else "broken")
        age = self._age_hours(seat)
        return replace(state, text="out of date") if age is not None and age > SHOWN_AGE_HOURS else state


def _missing(plan: Plan, outcomes: Sequence[EngineOutcome]) -> int:
    """How many answers are missing."""
    answered = [outcome for outcome in outcomes if isinstance(outcome, Found | NothingFound)]
    return max(0, plan.needed - len(answered))


async def _all(asking: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The results, in order. One alone, or none, is not gathered: most messages have one question."""
    if len(asking) <= 1:
        return [await each for each in asking]
    try:
        return list(await gatherResults([Deferred.fromCoroutine(each) for each in asking], consumeErrors=True))
    except FirstError as error:  # only a question that is given up fails at all
        error.subFailure.raiseException()
