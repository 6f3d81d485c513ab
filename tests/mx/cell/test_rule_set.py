"""A rule set, in this process and in one that was forked and confined."""

import subprocess
import sys

import pytest
import yara_x

from mx.cell.rule_set import NotLetCompute, RulesBroken, RuleSet, compile_texts
from mx.finding import Severity

ENDLESS = "rule endless { condition: for any i in (0..100000000000): (uint8(i % 1000) == 98) }"


def test_a_match_has_the_rules_own_words() -> None:
    """Name and severity of its metadata, else its identifier, and suspicious."""
    rules = compile_texts(
        [
            'rule first { meta: name = "First.Name" severity = "infected" condition: true }',
            "rule second { condition: filesize == 3 }",
            'rule third { meta: severity = "dreadful" condition: artifact_name == "a.txt" }',
        ]
    )
    assert RuleSet(rules).scan("a.txt", b"abc", 1.0) == [
        ("First.Name", Severity.INFECTED),
        ("second", Severity.SUSPICIOUS),
        ("third", Severity.SUSPICIOUS),
    ]


@pytest.mark.parametrize("text", ["rule broken {", 'include "/etc/passwd"', "rule a { condition: unknown }", "\0"])
def test_rules_that_do_not_compile_say_so(text: str) -> None:
    """Another file cannot be included either."""
    with pytest.raises(RulesBroken):
        compile_texts([text])


class _FailingScanner:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def set_timeout(self, seconds: int) -> None:
        pass

    def set_global(self, name: str, value: str) -> None:
        pass

    def scan(self, octets: bytes) -> None:
        raise self._error


@pytest.mark.parametrize("computed", [0.0, 4.0])
def test_a_scan_that_had_no_processor_says_nothing(computed: float) -> None:
    """The library's time is that of the wall; the content is to blame only when the time was spent computing."""
    rules = object.__new__(RuleSet)
    rules._scanner = _FailingScanner(yara_x.TimeoutError())  # type: ignore[assignment]
    clock = iter((7.0, 7.0 + computed))
    with pytest.raises(NotLetCompute):
        rules.scan("a", b"x", 5.5, lambda: next(clock))
    clock = iter((7.0, 11.6))
    assert rules.scan("a", b"x", 5.5, lambda: next(clock)) == [("limit.signature-time", Severity.UNSCANNABLE)]


@pytest.mark.parametrize(
    ("error", "name"), [(yara_x.TimeoutError(), "limit.signature-time"), (yara_x.ScanError(), "signature-error")]
)
def test_a_scan_that_fails_is_unscannable(error: Exception, name: str) -> None:
    """Neither a time-out nor an error of the library is nothing found."""
    rules = object.__new__(RuleSet)
    rules._scanner = _FailingScanner(error)  # type: ignore[assignment]
    assert rules.scan("a", b"x", 0.9) == [(name, Severity.UNSCANNABLE)]


FORKED = f"""
import os
from mx.cell.confinement import confine
from mx.cell.rule_set import RuleSet, compile_texts
endless, nothing = compile_texts([{ENDLESS!r}]), compile_texts(["rule nothing {{ condition: false }}"])
if os.fork() == 0:
    first = RuleSet(nothing)
    second = object.__new__(RuleSet)
    second._scanner = yara_x.Scanner(endless)
    confine()
    print(second.scan("a", b"a" * 1000, 0.9), first.scan("a", b"a", 1.0), flush=True)
    os._exit(0)
os.wait()
"""


def test_time_outs_work_in_a_process_that_was_forked_and_confined() -> None:
    """Rules compiled before the fork, scanners made after it, and nobody scanned before: the clock is a thread."""
    done = subprocess.run(
        [sys.executable, "-c", "import yara_x\n" + FORKED], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("[('limit.signature-time'"), done.stderr
    assert done.stdout.endswith(" []\n")
