"""The scanner, with a real cell and a real panel: octets to a verdict, and no failure that looks like clean."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from mx.agents.attachment_filter import findings_in, rules_of
from mx.artifact import ENCRYPTED_MEMBER, Artifact
from mx.cell.report import CellReport, NoCellFree, report_of_a_lost_cell
from mx.cell.wishes import NO_WISHES, Wishes
from mx.decision import Deliver, Hold, decide
from mx.engines.contract import Circumstances
from mx.engines.demand import Demand
from mx.engines.panel import PanelAnswer
from mx.finding import EngineOutcome, Finding, Found, NothingFound, Severity
from mx.scan import ENGINE_SECONDS, Scanner
from mx.spool import Spool
from mx.verdict import VerdictKind, amend
from tenants.policies.policy import parse_policy
from tenants.quarantine.message_record import MessageRecord
from tests.contracts.disposing import MESSAGE, result_of, spooled
from tests.contracts.mail import EICAR, attached, encrypted_zip, nested
from tests.contracts.mail_world import CONTENT, SILENT, Answering, scanner_of


def raising() -> EngineOutcome:
    raise KeyError("bug")


class ScannerTest(TestCase):
    """One real cell for each test."""

    timeout = 60

    async def test_a_clean_message_is_clean(self) -> None:
        """Every engine that answered is named with its version."""
        spool = spooled(MESSAGE)
        found = await scanner_of(self, CONTENT).examine(spool)
        assert (found.verdict.kind, found.verdict.unanswered) == (VerdictKind.CLEAN, ())
        assert found.engines == ("yara/1.0", "macros/1.0", "second/1.0")
        assert found.subject == "Invoice"
        assert MessageRecord.from_json(found.record).preview == "Good morning.\n"
        assert found.seconds > 0
        assert b"".join(spool.chunks()) == MESSAGE

    async def test_a_virus_in_two_zips_is_infected_without_any_other_engine(self) -> None:
        """The signatures in the cells are enough."""
        found = await scanner_of(self).examine(spooled(attached(nested(EICAR, 2))))
        assert found.verdict.kind is VerdictKind.INFECTED
        assert found.verdict.finding_names == ("EICAR-Test-File",)

    async def test_another_engine_sees_every_artifact(self) -> None:
        """With its content, and its finding makes the verdict."""
        seen: list[bytes] = []

        class Reading(Answering):
            async def examine(
                self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
            ) -> EngineOutcome:
                assert 0 < deadline <= ENGINE_SECONDS
                seen.extend(b"".join(artifact.content.chunks()) for artifact in artifacts)
                return Found("second", (Finding("second", "Bad.Name", len(artifacts) - 1, Severity.INFECTED),))

        found = await scanner_of(self, Reading(NothingFound("second"))).examine(spooled(attached(nested(b"inner", 1))))
        assert b"inner" in seen
        assert found.verdict.finding_names == ("Bad.Name",)

    async def test_what_stays_encrypted_is_there_by_name_and_shown_to_no_engine(self) -> None:
        """The verdict stays encrypted; a rule for its name holds it even where what is encrypted is delivered."""
        shown: list[str] = []

        class Reading(Answering):
            async def examine(
                self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
            ) -> EngineOutcome:
                shown.extend(artifact.reading for artifact in artifacts)
                return NothingFound("second")

        content = attached(encrypted_zip(EICAR, b"correct horse"), b"locked.zip")
        found = await scanner_of(self, Reading(NothingFound("second"))).examine(spooled(content))
        assert (found.verdict.kind, found.verdict.finding_names) == (VerdictKind.ENCRYPTED, ("encrypted.zip",))
        [named] = [each for each in found.artifacts if each.reading == ENCRYPTED_MEMBER]
        assert (named.name, named.content.octets, named.true_type) == ("file.bin", 0, "")
        assert found.artifacts[named.parent or 0].name == "locked.zip"
        assert shown and ENCRYPTED_MEMBER not in shown
        for rules, decision in (("extension:bin=hold", Hold("prohibited")), ("extension:exe=hold", Deliver())):
            policy = parse_policy({"encrypted": "deliver", "attachments": rules})
            prohibited = list(findings_in(rules_of(policy.attachments), found.artifacts))
            assert decide(amend(found.verdict, prohibited), policy) == decision

    async def test_an_engine_without_an_answer_makes_the_verdict_incomplete(self) -> None:
        """Away, raising, lying, or answering in another's name: the policy decides; it is not named as one that did."""
        answers: list[EngineOutcome | Callable[[], EngineOutcome]] = [
            SILENT.answer,
            raising,
            NothingFound("yara"),
            Found("second", ()),
            Found("second", (Finding("second", "x", 99, Severity.SPAM),)),
        ]
        for answer in answers:
            found = await scanner_of(self, Answering(answer)).examine(spooled())
            assert [failed.engine for failed in found.verdict.unanswered] == ["second"]
            assert found.engines == ("yara/1.0", "macros/1.0")
        self.flushLoggedErrors(KeyError)

    async def test_a_finding_that_the_operator_ignores_does_not_count(self) -> None:
        """A false signature stops counting."""
        found = await scanner_of(self).examine(spooled(EICAR), frozenset({"EICAR-Test-File"}))
        assert found.verdict.kind is VerdictKind.CLEAN


class Cells:
    """Gives the report that it is told, and takes its time about it."""

    def __init__(self, report: CellReport | Exception, clock: list[float] | None = None, takes: float = 0) -> None:
        self.report, self.clock, self.takes = report, clock or [0.0], takes
        self.asked: list[tuple[bool, float]] = []
        self.wishes: list[Wishes] = []

    async def examine(self, spool: Spool, *, want_artifacts: bool, seconds: float, wishes: Wishes) -> CellReport:
        self.wishes.append(wishes)
        self.asked.append((want_artifacts, seconds))
        self.clock[0] += self.takes
        if isinstance(self.report, Exception):
            raise self.report
        return self.report


class Asked:
    """A panel that notes what it was asked."""

    def __init__(self, *names: str) -> None:
        self.names, self.seconds = frozenset(names), list[float]()

    async def ask(
        self, artifacts: Sequence[Artifact], seconds: float, circumstances: Circumstances, demand: Demand
    ) -> PanelAnswer:
        self.seconds.append(seconds)
        return PanelAnswer(self.names)


def scanner(cells: Cells, panel: Asked) -> Scanner:
    return Scanner(cells, panel, str, lambda: cells.clock[0])


def test_a_lost_cell_is_unscannable_never_clean() -> None:
    """It has found nothing, and that says nothing."""
    for name in ("cell-died", "cell-time", "cell-error"):
        found = result_of(scanner(Cells(report_of_a_lost_cell(name)), Asked()).examine(spooled()))
        assert found.verdict.kind is VerdictKind.UNSCANNABLE
        assert found.verdict.finding_names == (name,)


def test_signatures_that_gave_no_answer_leave_the_verdict_incomplete() -> None:
    """Every message is asked of them, also where no other engine is on."""
    report = replace(report_of_a_lost_cell("cell-died"), findings=(), outcomes=(NothingFound("yara"),))
    found = result_of(scanner(Cells(report), Asked()).examine(spooled()))
    assert [failed.engine for failed in found.verdict.unanswered] == ["macros"]


def test_cell_and_engines_share_their_time() -> None:
    """What the cell took is not there for the engines; it never becomes less than nothing."""
    for takes, left in ((3.0, ENGINE_SECONDS - 3), (30.0, 0.0)):
        panel = Asked("second")
        cells = Cells(report_of_a_lost_cell("cell-died"), takes=takes)
        found = result_of(scanner(cells, panel).examine(spooled()))
        assert (panel.seconds, cells.asked) == ([left], [(True, ENGINE_SECONDS)])
        assert [failed.engine for failed in found.verdict.unanswered] == ["second"]
        assert found.seconds == takes


def test_contents_are_asked_for_only_where_an_engine_wants_them() -> None:
    """With the signatures alone, no artifact leaves its cell."""
    cells = Cells(report_of_a_lost_cell("cell-died"))
    result_of(scanner(cells, Asked()).examine(spooled()))
    assert cells.asked == [(False, ENGINE_SECONDS)]


def test_the_tenants_wishes_go_to_the_cell() -> None:
    """And what the cell's engines did is counted for each of them."""
    cells = Cells(report_of_a_lost_cell("cell-died"))
    one = scanner(cells, Asked())
    result_of(one.examine(spooled(), wishes=Wishes(7, ("secret",))))
    result_of(one.examine(spooled()))
    assert cells.wishes == [Wishes(7, ("secret",)), NO_WISHES]
    assert {engine: tally.statistics().scans for engine, tally in one.tallies.items()} == {"yara": 2, "macros": 2}


def test_no_free_cell_passes_through() -> None:
    """There is no verdict then, and the caller answers 451."""
    ended: list[object] = []
    waiting = Deferred.fromCoroutine(scanner(Cells(NoCellFree("busy")), Asked()).examine(spooled()))
    waiting.addErrback(lambda failure: ended.append(failure.type))
    assert ended == [NoCellFree]


def test_the_report_is_closed_in_every_case() -> None:
    """A panel with a bug leaves no large artifact behind."""
    large = spooled(b"x")
    report = report_of_a_lost_cell("cell-died")
    artifact = Artifact(0, None, "message", "", "message", "0" * 64, large)
    with_artifact = CellReport(
        (artifact,), report.findings, (), report.outcomes, report.record, report.message_id, report.subject, large
    )

    class Broken(Asked):
        async def ask(
            self, artifacts: Sequence[Artifact], seconds: float, circumstances: Circumstances, demand: Demand
        ) -> PanelAnswer:
            raise KeyError("bug")

    ended: list[object] = []
    waiting = Deferred.fromCoroutine(scanner(Cells(with_artifact), Broken("second")).examine(spooled()))
    waiting.addErrback(lambda failure: ended.append(failure.type))
    assert ended == [KeyError]
    try:
        list(large.chunks())
    except ValueError as error:
        ended.append(str(error))
    assert len(ended) == 2
