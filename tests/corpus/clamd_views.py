"""What clamd finds in the corpus: in each message whole, and in what Pratique shows it instead.

Also in every artifact asked about by itself, without a skeleton that carries the texts. The daemon does not remember
what it has found clean.

    python -m tests.corpus.clamd_views

Needs clamd. Prints how many hidden cases each way found, and names what another way finds alone: nothing.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace

from twisted.internet.interfaces import IReactorTime

from mx.artifact import Artifact, Octets
from mx.engines.canary import canary_of
from mx.engines.clamd.engine import Clamd, parse_daemon
from mx.engines.contract import EICAR, Circumstances
from mx.engines.verdict_cache import VerdictCache
from mx.finding import Found, Severity
from tests.contracts.engine import artifact
from tests.corpus.case import Case
from tests.corpus.in_process import InProcess

CLAMD_MAX = 25 << 20
NO_CACHE = {"DisableCache": "yes"}
_MOST_OCTETS = 5 << 20


@dataclass(frozen=True, slots=True)
class Views:
    """The names of the cases in which clamd found something."""

    cases: int
    whole: frozenset[str]
    apart: frozenset[str]
    shown: frozenset[str]

    @property
    def lost(self) -> frozenset[str]:
        """Found in the whole message or in parts alone, and not in what is shown instead."""
        return (self.whole | self.apart) - self.shown


async def compare(reactor: IReactorTime, setting: str, cases: Iterable[Case]) -> Views:
    """Ask about each case all ways. Large ones are passed over: each way would take long, and say the same."""
    engine = Clamd(reactor, [parse_daemon(setting)], CLAMD_MAX, VerdictCache(0))
    assert isinstance(await engine.examine([canary_of(EICAR)], Circumstances(is_canary=True), 60.0), Found)
    opener = InProcess()
    count, whole, apart, shown = 0, set[str](), set[str](), set[str]()
    for case in cases:
        if len(case.content) > _MOST_OCTETS:
            continue
        count += 1
        if await _is_found(engine, [artifact(case.content, 0, None, "message")]):
            whole.add(case.name)
        anatomy = opener.open(case.content)
        artifacts = [
            replace(one, content=Octets(content.raw))
            for one, content in zip(anatomy.artifacts, anatomy.contents, strict=True)
        ]
        if await _is_found(engine, artifacts):
            shown.add(case.name)
        if await _is_found(engine, [each for each in artifacts if each.number and each.reading != "headers"]):
            apart.add(case.name)
    return Views(count, frozenset(whole), frozenset(apart), frozenset(shown))


async def _is_found(engine: Clamd, artifacts: list[Artifact]) -> bool:
    """Infected: that something is encrypted or too large is no detection."""
    outcome = await engine.examine(artifacts, Circumstances(), 60.0)
    return isinstance(outcome, Found) and any(each.severity is Severity.INFECTED for each in outcome.findings)


def main() -> None:
    """The whole corpus."""
    from twisted.internet import reactor

    from pratique.processes.running import run_once
    from tests.corpus.index import hidden_cases
    from tests.servers.clamd_server import clamd_server

    with clamd_server(NO_CACHE) as server:
        views = run_once(reactor, compare(reactor, server.setting, hidden_cases()))
    counts = f"{len(views.whole)} whole messages, in {len(views.apart)} by parts alone, in {len(views.shown)} as shown"
    print(f"{views.cases} hidden cases: found in {counts}")
    print("lost: " + (", ".join(sorted(views.lost)) or "none"))
    sys.exit(1 if views.lost else 0)


if __name__ == "__main__":
    main()
