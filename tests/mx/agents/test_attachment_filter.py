"""The attachment filter: the contract; keys, lists, names, depth; exceptions that nobody uses under a second name."""

from dataclasses import replace
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.answers import MOST_FINDINGS
from mx.agents.attachment_filter import BATCH, NAME, AttachmentFilter, findings_in, name_forms, rules_of
from mx.agents.contract import Agent, Hook
from mx.anatomy.budget import Budget
from mx.anatomy.walker import walk
from mx.artifact import Artifact
from mx.decision import Deliver, Hold, Reject, Strip, decide
from mx.finding import Finding, Severity
from mx.verdict import Verdict, VerdictKind, amend
from tenants.policies.policy import parse_policy
from tests.contracts.agent import AgentContract, customer_of, events_for, heard
from tests.contracts.engine import artifact
from tests.contracts.mail import attached, nested, zipped
from tests.mx.anatomy.test_true_type import PE


def part(name: str = "x.bin", number: int = 1, **changes: Any) -> Artifact:
    return replace(artifact(b"x", number, 0, "part"), name=name, **changes)


async def findings_for(rules: str, *artifacts: Artifact) -> tuple[Finding, ...]:
    """What is found in a message of these artifacts."""
    customer = customer_of(parse_policy({"attachments": rules}))
    events = events_for(customer=customer, artifacts=(artifact(b"m", 0, None, "message"), *artifacts))
    hearing = await heard(AttachmentFilter(reactor), events[Hook.MESSAGE])
    assert not hearing.notes
    return tuple(hearing.findings)


EXE = part("setup.exe", declared_type="application/octet-stream", true_type="application/x-dosexec")
FITTING = [
    ("name:setup*=hold", EXE),
    ("name:SETUP.EXE=hold", EXE),
    ("extension:exe=hold", EXE),
    ("extension:.exe=hold", EXE),
    ("extension:ex?=hold", EXE),
    ("extension:tar.gz=hold", part("backup.TAR.GZ")),
    ("declared:application/octet-stream=hold", EXE),
    ("declared:application/*=hold", EXE),
    ("type:application/x-dosexec=hold", part("innocent.txt", true_type="application/x-dosexec")),
    ("list:executables=hold", EXE),
    ("list:executables=hold", part("innocent.txt", true_type="application/x-dosexec")),
    ("list:exchange-2007=hold", part("part 2", declared_type="message/partial")),
    ("list:macro-capable=hold", part("Module1", reading="macro-source")),
    ("list:shortcuts=hold", part("x.lnk")),
    ("extension:exe=hold", part("invoice.pdf", names=("invoice.exe",))),
    ("extension:exe=hold", part("invoice\u202efdp.exe")),
    ("extension:exe=hold", part("invoice.exe. ")),
    ("extension:exe=hold", part("invoice.exe::$DATA")),
    ("extension:exe=hold", part("..\\temp\\invoice\uff0eexe")),
    ("extension:exe=hold", part("invoice.\u0435\u0445\u0435")),
    ("name:invoice.exe=hold", part("C:/temp/invoice.exe")),
]
NOT_FITTING = [
    ("name:setup=hold", EXE),
    ("extension:xe=hold", EXE),
    ("extension:exe=hold", part("exe")),
    ("extension:exe=hold", part("setup.exe.txt")),
    ("declared:text/*=hold", EXE),
    ("type:application/*=hold", part("x")),
    ("list:scripts=hold", EXE),
    ("extension:exe=hold", part("x.exe", reading="headers")),
]


class AttachmentFilterTest(AgentContract, TestCase):
    """The contract, and the rules."""

    timeout = 60

    def make_agent(self) -> Agent:
        return AttachmentFilter(reactor)

    async def test_a_rule_fits_by_its_key(self) -> None:
        """Each form of a name, declared type, true type, list."""
        for rules, shown in FITTING:
            [found] = await findings_for(rules, shown)
            rule = parse_policy({"attachments": rules}).attachments[0]
            assert found == Finding(NAME, rule.finding_name, 1, Severity.PROHIBITED), (rules, shown.name)

    async def test_a_rule_that_does_not_fit_finds_nothing(self) -> None:
        """What only looks similar."""
        for rules, shown in NOT_FITTING:
            assert await findings_for(rules, shown) == (), (rules, shown.name)

    async def test_the_first_rule_that_fits_decides(self) -> None:
        """An exception before a prohibition has no finding."""
        assert await findings_for("name:setup*=deliver,extension:exe=reject", EXE) == ()
        [found] = await findings_for("extension:exe=reject,name:setup*=deliver", EXE)
        assert found.name == "attachment.extension.exe"

    async def test_nobody_passes_under_a_second_name(self) -> None:
        """An exception needs every name, a prohibition one."""
        two_faced = part("report.pdf", names=("setup.exe",))
        for exception in ("name:report*=deliver", "extension:pdf=deliver", "list:microsoft-365=deliver"):
            [found] = await findings_for(f"{exception},extension:exe=reject", two_faced)
            assert found.name == "attachment.extension.exe"

    async def test_many_artifacts_leave_other_work_its_turn(self) -> None:
        """They are looked at in batches; the findings are bounded."""
        turns: list[int] = []
        call = reactor.callLater(0, lambda: turns.append(1))  # type: ignore[attr-defined]
        found = await findings_for("extension:exe=hold", *(part("a.exe", number + 1) for number in range(10 * BATCH)))
        assert turns == [1] and not call.active()
        assert len(found) == MOST_FINDINGS


def test_every_form_of_a_name() -> None:
    """Path, stream and what stands behind the ending taken off; nothing empty."""
    assert name_forms(["D:\\x\\A.EXE . ", "b.exe:hidden", "..", ""]) == ("a.exe", "b.exe:hidden", "b.exe")


@pytest.mark.parametrize("content", [attached(PE, b"a.exe"), attached(nested(zipped(PE, "a.exe"), 3), b"a.zip")])
@pytest.mark.parametrize(
    ("action", "decision"),
    [
        ("deliver", Deliver()),
        ("mark", Deliver()),
        ("clean", Strip("prohibited", ())),
        ("hold", Hold("prohibited")),
        ("reject", Reject("prohibited", keep=False)),
        ("reject-and-keep", Reject("prohibited", keep=True)),
    ],
)
def test_each_action_at_every_depth(content: bytes, action: str, decision: object) -> None:
    """From the octets of a message to what becomes of it."""
    policy = parse_policy({"attachments": f"list:executables={action}"})
    found = list(findings_in(rules_of(policy.attachments), walk(content, Budget(lambda: 0.0)).artifacts))
    assert bool(found) is (action != "deliver")
    decided = decide(amend(Verdict(VerdictKind.CLEAN), found), policy)
    assert (replace(decided, artifacts=()) if isinstance(decided, Strip) else decided) == decision
