"""One question to one engine: bounded in time, and answered by exactly one outcome that can be relied on.

Comes in: an engine and what it is shown. Goes out: an EngineOutcome in its name.

Failure: an engine that raises, gives no answer in time, or answers with anything but an outcome in its own name about
artifacts that it was shown has *failed* (`EngineFailed`). It is never counted as "nothing found".
"""

from collections.abc import Sequence

from twisted.internet.interfaces import IReactorTime

from mx.artifact import Artifact
from mx.deadline import within
from mx.engines.contract import Circumstances, Engine
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound


async def outcome_of(
    engine: Engine, artifacts: Sequence[Artifact], circumstances: Circumstances, seconds: float, reactor: IReactorTime
) -> EngineOutcome:
    """The engine's one outcome, after at most `seconds`. Does not raise for anything that an engine does."""
    name = engine.name
    answer = await within(
        lambda: engine.examine(artifacts, circumstances, seconds),
        seconds,
        reactor,
        lambda reason: EngineFailed(name, reason),
    )
    return _checked(answer, name, frozenset(artifact.number for artifact in artifacts))


def _checked(answer: object, name: str, shown: frozenset[int]) -> EngineOutcome:
    """The answer, when it is one: an engine of somebody else's may give anything."""
    match answer:
        case NothingFound(engine=engine) | EngineFailed(engine=engine) if engine == name:
            return answer
        case Found(engine=engine, findings=findings) if engine == name and _are_findings(findings, name, shown):
            return answer
        case _:
            return EngineFailed(name, "the engine's answer is not one")


def _are_findings(findings: object, name: str, shown: frozenset[int]) -> bool:
    """At least one, all in the engine's own name, and about artifacts that it was shown."""
    if not isinstance(findings, tuple) or not findings:
        return False
    return all(isinstance(each, Finding) and each.engine == name and each.artifact in shown for each in findings)
