"""Whether a stamp is forged: by its key from the DNS or by a pinned one; where no key is to be had, nothing is said."""

import base64
from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mx.agents.stamp_check import KEY_SECONDS, REVOKED, StampCheck, StampChecked
from mx.authentication.questions import Dns
from mx.own_headers import ForeignStamp
from mx.stamp.key_record import place_of_key
from tests.contracts.disposing import result_of
from tests.contracts.dns_table import DnsTable
from tests.contracts.stamps import HEADER, NOW, OURS, THEIRS, stamped

GOOD = stamped()
PLACE = place_of_key(GOOD.stamp)
RECORD = f"v=1; k=ed25519; p={base64.b64encode(GOOD.public_key).decode()}"
OTHER = f"v=1; k=ed25519; p={base64.b64encode(bytes(range(32))).decode()}"
REVOCATION = "v=1; k=ed25519; p="
GENUINE = ForeignStamp(GOOD.stamp, GOOD.stamp.to_field().encode() + b"\r\n", HEADER)
FORGED = replace(GENUINE, stamp=replace(GOOD.stamp, signature=bytes(64)))
CHANGED = replace(GENUINE, header=HEADER.replace(b"Subject: x", b"Subject: y"))
EXPIRED = replace(GENUINE, stamp=stamped(expires_at=NOW - 1, recipients=bytes(32)).stamp)


def checked(found: ForeignStamp | None, *texts: str, pinned: bytes | None = None) -> bool:
    """What is said of it where the DNS has these texts."""
    check = StampCheck(DnsTable({f"TXT {PLACE}": texts}), Clock(), OURS, {THEIRS: pinned})
    return result_of(check.check(found)).is_forged


@pytest.mark.parametrize(
    ("found", "texts", "is_forged"),
    [
        (GENUINE, [RECORD], False),
        (EXPIRED, [RECORD], False),
        (FORGED, [RECORD], True),
        (CHANGED, [RECORD], True),
        (GENUINE, [OTHER], True),
        (GENUINE, ["hello", RECORD], False),
        (GENUINE, [REVOCATION], True),
        (GENUINE, [REVOCATION, RECORD], False),
        (FORGED, [], False),
        (FORGED, ["hello", "v=1; k=rsa; p="], False),
    ],
)
def test_only_a_signature_that_does_not_fit_a_fetched_key_is_forged(
    found: ForeignStamp, texts: list[str], is_forged: bool
) -> None:
    """What a stamp is worth, and whether its service is trusted, is no matter here."""
    assert checked(found, *texts) is is_forged


def test_a_pinned_key_is_not_asked_for() -> None:
    """And counts alone."""
    check = StampCheck(dns := DnsTable({f"TXT {PLACE}": [OTHER]}), Clock(), OURS, {THEIRS: GOOD.public_key})
    assert not result_of(check.check(GENUINE)).is_forged and result_of(check.check(FORGED)).is_forged
    assert dns.asked == []


def test_without_a_stamp_nobody_is_asked() -> None:
    """It costs nothing."""
    check = StampCheck(dns := DnsTable({}), Clock(), OURS, {})
    assert result_of(check.check(None)) == StampChecked() and dns.asked == []


def test_a_dns_that_fails_says_nothing() -> None:
    """The stamp stays."""
    check = StampCheck(DnsTable({}, frozenset({PLACE})), Clock(), OURS, {})
    assert not result_of(check.check(FORGED)).is_forged
    assert result_of(check.key_of(GOOD.stamp)) is None


def test_a_revoked_key_is_told_from_one_that_is_not_to_be_had() -> None:
    """No signature fits it."""
    check = StampCheck(DnsTable({f"TXT {PLACE}": [REVOCATION]}), Clock(), OURS, {})
    assert result_of(check.key_of(GOOD.stamp)) == REVOKED


class SilentDns(DnsTable):
    """Never answers."""

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """Nothing."""
        await Deferred()
        raise AssertionError("nobody waits")


def test_a_dns_that_is_silent_is_waited_for_so_long() -> None:
    """And the time is told, so that it can be taken from that of the engines."""
    clock, dns = Clock(), SilentDns({})
    asked: Dns = dns
    checking = Deferred.fromCoroutine(StampCheck(asked, clock, OURS, {}).check(FORGED))
    assert not checking.called
    clock.advance(KEY_SECONDS)
    assert checking.result == StampChecked(False, KEY_SECONDS)
    assert clock.getDelayedCalls() == []
