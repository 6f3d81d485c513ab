"""The canary, near and far."""

import io
import zipfile

import pytest

from mx.engines.canary import FarCanary, canary_of, is_found
from mx.engines.contract import EICAR
from mx.finding import Finding, Found, Severity
from tests.contracts.mail import EICAR as EICAR_OF_THE_TESTS


def test_a_canary_is_an_artifact_like_any_other() -> None:
    """Of these octets; of none, too."""
    assert EICAR == EICAR_OF_THE_TESTS
    assert b"".join(canary_of(EICAR).content.chunks()) == EICAR
    assert list(canary_of(b"").content.chunks()) == []


@pytest.mark.parametrize("filler", [0, 1, 65535, 65536, 300_001])
def test_a_far_canary_is_a_zip_with_eicar_behind_its_filler(filler: int) -> None:
    """Every reader of zips agrees, and its size is known before it is made."""
    canary = FarCanary(filler)
    raw = b"".join(canary.chunks())
    assert len(raw) == canary.octets
    assert raw.index(EICAR) > filler
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.testzip() is None
        assert archive.read("filler.bin") == bytes(filler)
        assert archive.read("eicar.com") == EICAR


def test_a_canary_that_was_not_looked_at_was_not_found() -> None:
    """*unscannable* says that it was too much, or too deep."""
    for severity in Severity:
        outcome = Found("one", (Finding("one", "Name", 0, severity),))
        assert is_found(outcome) is (severity is not Severity.UNSCANNABLE)
