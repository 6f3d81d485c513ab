"""The rule set, and the scanner that a child makes of it."""

import itertools
import random

import pytest

from mx.anatomy.budget import Budget, Limits
from mx.anatomy.containers.contract import whole
from mx.artifact import Artifact
from mx.cell.rule_set import RulesBroken
from mx.cell.signatures import Signatures, compile_rules, rule_texts, rules_version
from mx.cell.wishes import Wishes
from mx.finding import Finding, Severity
from tests.contracts.mail import EICAR
from tests.contracts.programs import program

NO_TIME = itertools.repeat(0.0).__next__
EXECUTABLE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(200)
SCRIPT = b'CreateObject("WScript.Shell") CreateObject("MSXML2.XMLHTTP") CreateObject("ADODB.Stream")'

PLAIN = {"kernel32.dll": ["ExitProcess", "WriteFile"]}
INJECTS = {"KERNEL32.dll": ["VirtualAllocEx", "WriteProcessMemory", "CreateRemoteThread"]}
DOWNLOADS = {"urlmon.dll": ["URLDownloadToFileW"], "shell32.dll": ["ShellExecuteW"]}
WATCHES = {"user32.dll": ["GetAsyncKeyState", "SetWindowsHookExA"]}
SMUGGLING = b"<script>b = new Blob([atob(x)]); a.href = URL.createObjectURL(b); a.click()</script>"


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures(compile_rules())


def found(signatures: Signatures, name: str, octets: bytes, seconds: float = 10.0) -> list[tuple[str, Severity]]:
    artifact = Artifact(0, None, name, "", "part", "digest", whole(octets))
    budget = Budget(NO_TIME, Limits(cpu_seconds=seconds))
    return [(one.name, one.severity) for one in signatures.examine([artifact], [whole(octets)], budget)]


POSITIVE = [
    ("anything", EICAR, "EICAR-Test-File", Severity.INFECTED),
    ("anything", b"before " + EICAR + b" after", "EICAR-Test-File", Severity.INFECTED),
    ("invoice.pdf.exe", b"x", "Suspicious.DoubleExtension", Severity.SUSPICIOUS),
    ("Photo.JPG      .scr", b"x", "Suspicious.DoubleExtension", Severity.SUSPICIOUS),
    ("invoice.pdf", EXECUTABLE, "Suspicious.DisguisedExecutable", Severity.SUSPICIOUS),
    ("a.vbs", SCRIPT, "Suspicious.ScriptDownloader", Severity.SUSPICIOUS),
    ("a.bat", b"POWERSHELL (New WebClient).DownloadFile(1)", "Suspicious.PowerShellDownloader", Severity.SUSPICIOUS),
    ("a", program(INJECTS), "Capability.ProcessInjection", Severity.SUSPICIOUS),
    ("a", program(DOWNLOADS), "Capability.DownloadsAndRuns", Severity.SUSPICIOUS),
    ("a", program(WATCHES), "Capability.Keylogging", Severity.SUSPICIOUS),
    ("a", program(PLAIN, code=random.Random(1).randbytes(8192)), "Capability.Packed", Severity.SUSPICIOUS),
    ("page.htm", SMUGGLING, "Exploit.HtmlSmuggling", Severity.SUSPICIOUS),
    ("page.HTML. ", SMUGGLING.upper(), "Exploit.HtmlSmuggling", Severity.SUSPICIOUS),
    ("page.html", b'<a href="ms-msdt:/id PCWDiagnostic">', "Exploit.UrlHandler", Severity.SUSPICIOUS),
    ("page.html", b'<a href="file:///\\\\host\\a.rtf!x">', "Exploit.UrlHandler", Severity.SUSPICIOUS),
    ("logo.svg", b'<svg onload = "f()"/>', "Exploit.SvgScript", Severity.SUSPICIOUS),
    ("logo.svg", b"<svg><SCRIPT>f()</SCRIPT></svg>", "Exploit.SvgScript", Severity.SUSPICIOUS),
    ("invite.ics", b"URL:javascript:alert(1)", "Exploit.CalendarScript", Severity.SUSPICIOUS),
    ("a", b"L\0\0\0\x01\x14\x02\0" + "PowerShell".encode("utf-16-le"), "Exploit.ShortcutToShell", Severity.SUSPICIOUS),
]  # fmt: skip


@pytest.mark.parametrize(("name", "octets", "expected", "severity"), POSITIVE)
def test_each_rule_finds_its_case(
    signatures: Signatures, name: str, octets: bytes, expected: str, severity: Severity
) -> None:
    """The finding bears the name and the severity of the rule's metadata."""
    assert found(signatures, name, octets) == [(expected, severity)]


NEGATIVE = [
    ("setup.exe", EXECUTABLE),
    ("setup.exe", program(PLAIN)),
    ("page.html", b"<script>new Uint8Array(8); URL.revokeObjectURL(x)</script>"),
    ("text", SMUGGLING + b" as quoted in an article"),
    ("logo.svg", b"<svg><path d='M0 0'/></svg>"),
    ("invite.ics", b"BEGIN:VCALENDAR\r\nURL:https://meet.example/1\r\nEND:VCALENDAR"),
    ("a.lnk", b"L\0\0\0\x01\x14\x02\0" + "notepad.exe".encode("utf-16-le")),
    ("report.v1.pdf", b"%PDF-1.7"),
    ("archive.tar.gz", b"\x1f\x8b\x08"),
    ("jquery.min.js", b"function(){}"),
    ("text", SCRIPT + b" powershell .DownloadString( as quoted in an article"),
    ("text", EICAR[:-1]),
    ("", b""),
]


@pytest.mark.parametrize(("name", "octets"), NEGATIVE)
def test_harmless_artifacts_are_left_alone(signatures: Signatures, name: str, octets: bytes) -> None:
    """What people send every day is not suspicious."""
    assert found(signatures, name, octets) == []


def test_the_same_octets_under_the_same_name_are_scanned_once(signatures: Signatures) -> None:
    """A duplicate adds no finding; the same octets under another name are looked at again."""
    artifacts = [
        Artifact(n, None, name, "", "part", "digest", whole(b"x")) for n, name in enumerate(["a.pdf.exe"] * 2 + ["b"])
    ]
    got = signatures.examine(artifacts, [whole(b"x")] * 3, Budget(NO_TIME))
    assert got == (Finding("yara", "Suspicious.DoubleExtension", 0, Severity.SUSPICIOUS),)


def test_no_time_left_is_unscannable(signatures: Signatures) -> None:
    """A message that spent its time elsewhere is not called clean."""
    assert found(signatures, "a", b"x", seconds=0.0) == [("limit.time", Severity.UNSCANNABLE)]


def test_rules_that_do_not_compile_stop_the_start() -> None:
    """A broken rule is found at once, not at the first message."""
    with pytest.raises(RulesBroken):
        compile_rules(["rule broken {"])


def test_a_tenants_rules_are_applied_beside_ours(signatures: Signatures) -> None:
    """In the same engine's name; what is being done is told to the watch."""
    artifact = Artifact(0, None, "a.pdf.exe", "", "part", "digest", whole(b"a needle"))
    watched: list[tuple[str, str]] = []
    wishes = Wishes(7, (), 'rule Ours { meta: severity = "infected" strings: $a = "needle" condition: $a }')
    got = signatures.examine(
        [artifact], [whole(b"a needle")], Budget(NO_TIME), wishes, lambda sha256, what: watched.append((sha256, what))
    )
    assert got == (
        Finding("yara", "Suspicious.DoubleExtension", 0, Severity.SUSPICIOUS),
        Finding("yara", "tenant.Ours", 0, Severity.INFECTED),
    )
    assert watched == [("digest", "rules"), ("digest", "yara")]


def test_the_version_changes_with_the_rules() -> None:
    """Twelve hexadecimal digits, the same for the same texts in the same order."""
    assert compile_rules().version == compile_rules(rule_texts()).version != compile_rules(rule_texts()[:1]).version
    assert len({rules_version(["a", "b"]), rules_version(["b", "a"]), rules_version(["ab"])}) == 3
    assert len(compile_rules().version) == 12
