"""The attachment filter: what a policy's `attachments` says of names, declared types and true types, at every depth.

On where a policy has such rules. For each artifact, the parts of the message and everything within them, the first rule
that fits decides; its finding `attachment.<key>.<pattern>` of severity prohibited gets the rule's action in
`mx/decision.py`. A rule of action `deliver` is an exception from those behind it, and has no finding.

* A rule that stops something fits when **any** name fits that some program could show; one that lets something pass
  (`deliver`, `mark`) only when **all** of them do, so that nobody passes under a second name.
* Names are compared in lower case, as they stand and as they are read: compatibility forms, look-alikes and signs that
  nobody sees replaced, dots and blanks at the end dropped, without path and stream (`a.exe::$DATA`).

Failure: the mail is put off (451): a filter that somebody asked for is not left out in silence.
Limits: BATCH artifacts at a time, and then other work of the process has its turn; MOST_FINDINGS findings. What they
are about is enough to stop a message; one that is to be cleaned is looked at again, and what is left then holds it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from typing import Any, assert_never

from twisted.internet.task import deferLater

from mx.agents.answers import MOST_FINDINGS
from mx.agents.contract import About, Answers, Go, MessageOpened, Observe
from mx.anatomy.disguises import plain_form
from mx.artifact import Artifact
from mx.finding import Finding, Severity
from tenants.policies.attachment_lists import LISTS, AttachmentList
from tenants.policies.entries import Action, AttachmentKey, AttachmentRule

NAME = "attachment-filter"
BATCH = 200
_NOT_ATTACHED = frozenset({"message", "headers"})
_PASSING = frozenset({Action.DELIVER, Action.MARK})
_AT_THE_END = " .\t\u00a0\u3000\u2800\u3164\uffa0\0\ufffd"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to be asked."""

    finding_name: str
    is_exception: bool
    fits: Callable[[Artifact, Sequence[str]], bool]
    """Given an artifact and every form of its names."""


class AttachmentFilter:
    """Asks the policy's rules about every artifact."""

    about = About(NAME, looks_again=True)

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    async def on_message(self, event: MessageOpened) -> Answers:
        """A finding for each artifact that a rule fits."""
        rules = rules_of(event.customer.policy.attachments)
        artifacts = event.examination.artifacts
        findings: list[Finding] = []
        for start in range(0, len(artifacts), BATCH):
            if start:
                await deferLater(self._reactor, 0)
            findings.extend(findings_in(rules, artifacts[start : start + BATCH]))
            if len(findings) >= MOST_FINDINGS:
                break
        return Observe(tuple(findings[:MOST_FINDINGS])) if findings else Go()


def findings_in(rules: Sequence[Rule], artifacts: Sequence[Artifact]) -> Iterator[Finding]:
    """One for each artifact that a rule fits, exceptions left out."""
    for artifact in artifacts:
        if artifact.reading in _NOT_ATTACHED:
            continue
        names = name_forms((artifact.name, *artifact.names))
        rule = next((rule for rule in rules if rule.fits(artifact, names)), None)
        if rule is not None and not rule.is_exception:
            yield Finding(NAME, rule.finding_name, artifact.number, Severity.PROHIBITED)


def name_forms(names: Sequence[str]) -> tuple[str, ...]:
    """Every form in which one of these names may be taken by some program, in lower case."""
    forms: dict[str, None] = {}
    for name in names:
        for form in {name.lower(), plain_form(name)}:
            last = re.split(r"[/\\]", form.rstrip("/\\"))[-1].rstrip(_AT_THE_END)
            forms[last] = None
            if ":" in last:
                forms[last.partition(":")[0].rstrip(_AT_THE_END)] = None
    return tuple(form for form in forms if form)


@lru_cache(maxsize=256)
def rules_of(written: tuple[AttachmentRule, ...]) -> tuple[Rule, ...]:
    """The rules of a policy, in their order."""
    return tuple(Rule(rule.finding_name, rule.action is Action.DELIVER, _fits(rule)) for rule in written)


def _fits(rule: AttachmentRule) -> Callable[[Artifact, Sequence[str]], bool]:
    of_names = all if rule.action in _PASSING else any
    match rule.key:
        case AttachmentKey.NAME:
            named = re.compile(translate(rule.pattern)).match
            return lambda _, names: bool(names) and of_names(named(name) is not None for name in names)
        case AttachmentKey.EXTENSION:
            ending = re.compile(translate(f"*.{rule.pattern}")).match
            return lambda _, names: bool(names) and of_names(ending(name) is not None for name in names)
        case AttachmentKey.DECLARED:
            return lambda artifact, _: fnmatchcase(artifact.declared_type, rule.pattern)
        case AttachmentKey.TYPE:
            return lambda artifact, _: fnmatchcase(artifact.true_type, rule.pattern)
        case AttachmentKey.LIST:
            listed = LISTS[rule.pattern]
            return lambda artifact, names: _is_listed(listed, artifact, names, of_names)
        case _:
            assert_never(rule.key)


def _is_listed(
    listed: AttachmentList, artifact: Artifact, names: Sequence[str], of_names: Callable[[Iterator[bool]], bool]
) -> bool:
    if bool(names) and of_names(name.rpartition(".")[2] in listed.endings for name in names if "." in name):
        return any("." in name for name in names)
    is_declared, is_shown = artifact.declared_type in listed.declared, artifact.true_type in listed.types
    return is_declared or is_shown or artifact.reading in listed.readings
