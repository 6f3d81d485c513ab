"""What Rspamd's answers mean, row by row."""

import json

import pytest

from mx.engines.rspamd.answer import findings_of
from mx.finding import Finding, Severity

SPAM = Finding("rspamd", "Rspamd.spam", 0, Severity.SPAM)
PHISHING = Finding("rspamd", "Rspamd.PHISHING", 0, Severity.PHISHING)


def said(action: str, **symbols: object) -> bytes:
    return json.dumps({"action": action, "score": 1.0, "is_skipped": False, "symbols": symbols}).encode()


ROWS = [
    (said("no action"), ()),
    (said("greylist"), ()),
    (said("soft reject"), ()),
    (said("add header"), (SPAM,)),
    (said("rewrite subject"), (SPAM,)),
    (said("reject"), (SPAM,)),
    (said("no action", PHISHING={"score": 4.0}), (PHISHING,)),
    (said("reject", PHISHING={"score": 4}), (PHISHING, SPAM)),
    (said("no action", PHISHING={"score": 0.0}), ()),
    (said("no action", PHISHED_WHITELISTED={"score": -1.0}), ()),
    (
        said("no action", URL={"score": 1, "groups": ["phishing"]}),
        (Finding("rspamd", "Rspamd.URL", 0, Severity.PHISHING),),
    ),
    (
        said("no action", CLAM={"score": 1, "groups": ["antivirus"]}),
        (Finding("rspamd", "Rspamd.CLAM", 0, Severity.SUSPICIOUS),),
    ),
    (said("no action", **{"PHISH\r\nX: y": {"score": 4.0}}), ()),
    (b'{"action": "no action"}', ()),
]
NO_ANSWERS = [
    b"",
    b"OK",
    b"[]",
    b"null",
    b"{}",
    b'{"error": "cannot process"}',
    b'{"action": "no action", "error": "cannot process"}',
    b'{"action": "explode"}',
    b'{"action": ["reject"]}',
    b'{"action": "no action", "symbols": []}',
    b'{"action": "no action", "symbols": {"X": 1}}',
    b'{"action": "no action"}{"action": "no action"}',
    said("no action")[:-1],
    b"\xff\xfe",
]


@pytest.mark.parametrize(("raw", "findings"), ROWS)
def test_an_answer_that_says_something(raw: bytes, findings: tuple[Finding, ...]) -> None:
    """The table of the module."""
    assert findings_of(raw, "rspamd") == findings


@pytest.mark.parametrize("raw", NO_ANSWERS)
def test_an_answer_that_says_nothing(raw: bytes) -> None:
    """It is no answer, never "not spam"."""
    with pytest.raises((ValueError, TypeError)):
        findings_of(raw, "rspamd")
