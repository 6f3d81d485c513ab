"""A rule set: YARA-X rules compiled, and the one scanner that a cell makes of them.

Comes in: rule texts. Goes out: for each content the names and severities of the rules that match. The artifact's own
name stands in the variable `artifact_name`; each rule's metadata gives the finding's `name` and its `severity`.

Failure: a scan out of time, or one that the engine gives up, is `limit.signature-time` or `signature-error` of severity
unscannable, never nothing found. The library's time is that of the clock on the wall: a scan that it ends before the
CPU seconds are spent says nothing of the content: `NotLetCompute`. Rules that do not compile raise `RulesBroken`.
Limits: a scan ends after the seconds given, up to one later. Rules include no files.
"""

import time
from collections.abc import Callable, Sequence

import yara_x

from mx.finding import Severity

_WARM_UP_OCTETS = b"warm up"
_SPENT_SHARE = 0.9
"""Of the seconds: nobody has a processor wholly to himself."""
Match = tuple[str, Severity]


class RulesBroken(ValueError):
    """These rules do not compile; the text says where, for whoever wrote them."""


def compile_texts(texts: Sequence[str]) -> yara_x.Rules:
    """The compiled rules of all texts together. Raises RulesBroken."""
    compiler = yara_x.Compiler(includes_enabled=False)
    compiler.define_global("artifact_name", "")
    try:
        for text in texts:
            compiler.add_source(text)
        return compiler.build()
    except yara_x.CompileError as error:
        raise RulesBroken(str(error)) from None


class NotLetCompute(Exception):
    """The machine is so busy that a scan's time went by without it."""


class RuleSet:
    """A scanner of its own; the process that makes it is the one that may use it."""

    __slots__ = ("_scanner",)

    def __init__(self, rules: yara_x.Rules) -> None:
        self._scanner = yara_x.Scanner(rules)
        # A process's first scan starts the library's clock thread, which a confined process could not do later.
        self._scanner.set_timeout(1)
        self._scanner.scan(_WARM_UP_OCTETS)

    def scan(
        self, artifact_name: str, octets: bytes, seconds: float, clock: Callable[[], float] = time.process_time
    ) -> list[Match]:
        """Every rule that matches; `seconds` are of the CPU, and counted by `clock`. Raises NotLetCompute."""
        scanner, began, whole = self._scanner, clock(), max(0, int(seconds))
        try:
            # The library's clock ticks once a second, and its first tick may come at once.
            scanner.set_timeout(whole + 1)
            scanner.set_global("artifact_name", artifact_name)
            results = scanner.scan(octets)
        except yara_x.TimeoutError:
            if clock() - began < whole * _SPENT_SHARE:
                raise NotLetCompute from None
            return [("limit.signature-time", Severity.UNSCANNABLE)]
        except yara_x.ScanError:
            return [("signature-error", Severity.UNSCANNABLE)]
        return [_read_rule(rule) for rule in results.matching_rules]


def _read_rule(rule: yara_x.Rule) -> Match:
    metadata = dict(rule.metadata)
    severity = str(metadata.get("severity", ""))
    known = severity in Severity.__members__.values()
    return str(metadata.get("name", rule.identifier)), Severity(severity) if known else Severity.SUSPICIOUS
