"""The stamp reader: the contract; a good stamp spares what it lists; the thirteen bad cases of the design fail safe."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from mx.agents import stamp_check
from mx.agents.chain import Chain, Hearing
from mx.agents.contract import Agent, Hook, Spare
from mx.agents.stamp_check import StampCheck
from mx.agents.stamp_reader import NAME, StampReader
from mx.authentication.questions import Dns
from mx.engines.spared import left_over
from mx.envelope import Recipient, ReversePath
from mx.stamp.form import Stamp
from mx.stamp.key_record import place_of_key
from tests.contracts.agent import AgentContract, events_for
from tests.contracts.dns_table import DnsTable
from tests.contracts.engine import artifact
from tests.contracts.stamps import HEADER, LEAVES, NOW, OURS, RECIPIENTS, SENDER, THEIRS, stamped

GOOD = stamped()
RECORD = f"v=1; k=ed25519; p={base64.b64encode(GOOD.public_key).decode()}"
PLACE = place_of_key(GOOD.stamp)


def field_of(stamp: Stamp) -> bytes:
    return stamp.to_field().encode() + b"\r\n"


class SilentDns(DnsTable):
    """Never answers."""

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """Nothing."""
        self.asked.append(name)
        await Deferred()
        raise AssertionError("nobody waits")


class StampReaderTest(AgentContract, TestCase):
    """The contract, and what each stamp is worth."""

    timeout = 30

    def setUp(self) -> None:
        self.dns: Any = DnsTable({f"TXT {PLACE}": [RECORD]})
        self.trusted: dict[str, bytes | None] = {THEIRS: None}

    def make_agent(self) -> Agent:
        return self.reader()

    def reader(self, dns: Dns | None = None) -> StampReader:
        keys = StampCheck(dns or self.dns, reactor, OURS, self.trusted)
        return StampReader(keys, self.trusted.keys(), lambda: float(NOW))

    async def read(
        self, header: bytes, recipients: tuple[str, ...] = RECIPIENTS, sender: str = SENDER
    ) -> tuple[Spare | None, str]:
        """What is spared for a message with this header, and what the trace is told."""
        seen: Any = events_for()[Hook.HEADERS]
        envelope = replace(
            seen.envelope, recipients=tuple(map(Recipient, recipients)), reverse_path=ReversePath(sender)
        )
        chain = Chain([self.reader()], reactor, may_spare=frozenset({NAME}))
        hearing = Hearing(chain.order_of([NAME]) or {})
        await chain.ask(hearing, replace(seen, envelope=envelope, header=header))
        assert hearing.refusal is None
        assert not [note for note in hearing.notes if note.fact.name == "failed"], hearing.notes
        return hearing.spared, "; ".join(note.fact.value for note in hearing.notes)

    async def nothing_is_spared(self, header: bytes, saying: str, **named: Any) -> None:
        spared, told = await self.read(header, **named)
        assert spared is None and saying in told, told

    async def test_a_good_stamp_spares_what_it_lists(self) -> None:
        """By its key from the DNS, or by one that is pinned; folded anew and in any case."""
        expected = Spare(frozenset(leaf.hex() for leaf in LEAVES), datetime.fromtimestamp(NOW - 60, UTC))
        field = field_of(GOOD.stamp)
        assert await self.read(field + HEADER) == (expected, f"{THEIRS}: good for 2 parts")
        odd = field.replace(b"Pratique-Stamp:", b"PRATIQUE-stamp :").replace(b"\r\n\t", b"\r\n   ")
        below = HEADER.replace(b"Subject: x", b"sUbJeCt:\r\n\tx ")
        assert (await self.read(b"Received: from y by z\r\n" + odd + below))[0] == expected
        self.dns, self.trusted = DnsTable({}), {THEIRS: GOOD.public_key}
        assert (await self.read(field + HEADER))[0] == expected
        assert self.dns.asked == []

    async def test_a_message_without_a_stamp_is_nothing_to_speak_of(self) -> None:
        """And asks nobody."""
        assert await self.read(HEADER) == (None, "")
        assert self.dns.asked == []

    async def test_01_a_forged_stamp(self) -> None:
        """Without a signature, or with somebody else's."""
        unsigned = replace(GOOD.stamp, signature=b"")
        await self.nothing_is_spared(field_of(unsigned) + HEADER, "cannot be read")
        await self.nothing_is_spared(b"Pratique-Stamp: clean\r\n" + HEADER, "cannot be read")
        await self.nothing_is_spared(field_of(replace(GOOD.stamp, signature=bytes(64))) + HEADER, "does not fit")
        more = replace(GOOD.stamp, leaves=(*GOOD.stamp.leaves, hashlib.sha256(b"virus").digest()))
        await self.nothing_is_spared(field_of(more) + HEADER, "does not fit")

    async def test_02_our_own_name_from_outside(self) -> None:
        """Even with a signature; nobody is asked for a key."""
        self.trusted[OURS] = None
        await self.nothing_is_spared(field_of(stamped(domain=OURS).stamp) + HEADER, "names us")
        assert self.dns.asked == []

    async def test_03_a_changed_boundary(self) -> None:
        """Replaced, added above, added below."""
        changed = HEADER.replace(b"boundary=b1", b"boundary=b2")
        added = b"Content-Type: multipart/mixed; boundary=b2\r\n"
        for header in (changed, added + HEADER, HEADER + added, b"MIME-Version: 1.0\r\n" + HEADER):
            await self.nothing_is_spared(field_of(GOOD.stamp) + header, "does not fit")

    async def test_04_an_appended_part(self) -> None:
        """The stamp is good for the others; what came behind is shown."""
        spared, _ = await self.read(field_of(GOOD.stamp) + HEADER)
        assert spared is not None
        parts = [artifact(b"m", 0, None, "message"), artifact(b"one", 1), artifact(b"two", 2), artifact(b"three", 3)]
        assert [each.number for each in left_over(parts, spared.digests)] == [0, 3]

    async def test_05_a_swapped_part(self) -> None:
        """Another content in the same place is shown; the same contents in another order are not."""
        spared, _ = await self.read(field_of(GOOD.stamp) + HEADER)
        assert spared is not None
        parts = [artifact(b"m", 0, None, "message"), artifact(b"two", 1), artifact(b"virus", 2)]
        assert [each.number for each in left_over(parts, spared.digests)] == [0, 2]

    async def test_06_two_stamps(self) -> None:
        """Both good, the same one twice."""
        field = field_of(GOOD.stamp)
        await self.nothing_is_spared(field + field + HEADER, "more than one")
        await self.nothing_is_spared(field + HEADER + field.lower().replace(b"stamp:", b"stamp :"), "more than one")

    async def test_07_an_expired_stamp(self) -> None:
        """Or one from the future, or one that is good for too long."""
        for changes in ({"expires_at": NOW - 1}, {"made_at": NOW + 3600}, {"expires_at": NOW + 30 * 86_400}):
            await self.nothing_is_spared(field_of(stamped(**changes).stamp) + HEADER, "expired")

    async def test_08_another_tenants_release(self) -> None:
        """No word but clean spares anything."""
        await self.nothing_is_spared(field_of(stamped(result="released").stamp) + HEADER, "not clean")

    async def test_09_other_recipients(self) -> None:
        """Or another sender: whoever sends it on has it examined."""
        header = field_of(GOOD.stamp) + HEADER
        await self.nothing_is_spared(header, "other recipients", recipients=("d@t.example",))
        await self.nothing_is_spared(header, "other recipients", recipients=(*RECIPIENTS, "d@t.example"))
        await self.nothing_is_spared(header, "another reverse-path", sender="eve@evil.example")

    async def test_10_an_odd_field_is_no_way_round(self) -> None:
        """Odd case and folding count as the same field, and a length tag makes it none of ours."""
        field = field_of(GOOD.stamp).replace(b"c=relaxed/simple;", b"c=relaxed/simple; l=10;")
        await self.nothing_is_spared(field + HEADER, "cannot be read")
        one_more = b"cOnTeNt-TyPe :\r\n\ttext/plain\r\n"
        await self.nothing_is_spared(field_of(GOOD.stamp) + one_more + HEADER, "does not fit")

    async def test_11_a_part_that_was_encoded_anew(self) -> None:
        """Its decoded octets are the same, so it is spared; one that changed with it is not."""
        spared, _ = await self.read(field_of(GOOD.stamp) + HEADER)
        assert spared is not None
        parts = [artifact(b"m", 0, None, "message"), artifact(b"one", 1), artifact(b"two with a footer", 2)]
        assert [each.number for each in left_over(parts, spared.digests)] == [0, 2]
        encoded = HEADER.replace(b"MIME", b"Content-Transfer-Encoding: quoted-printable\r\nMIME")
        await self.nothing_is_spared(field_of(GOOD.stamp) + encoded, "does not fit")

    async def test_12_a_key_that_cannot_be_had(self) -> None:
        """An unknown selector, a DNS that fails, one that says nothing: examined, not put off."""
        self.patch(stamp_check, "KEY_SECONDS", 0.1)
        for dns in (DnsTable({}), DnsTable({}, frozenset({PLACE})), SilentDns({})):
            self.dns = dns
            await self.nothing_is_spared(field_of(GOOD.stamp) + HEADER, "not to be had")
            assert dns.asked

    async def test_13_a_revoked_key(self) -> None:
        """An empty key, another one, or a record that is none."""
        self.dns = DnsTable({f"TXT {PLACE}": ["v=1; k=ed25519; p="]})
        await self.nothing_is_spared(field_of(GOOD.stamp) + HEADER, "does not fit")
        for record in ("v=1; k=rsa; p=AAAA", "hello"):
            self.dns = DnsTable({f"TXT {PLACE}": [record]})
            await self.nothing_is_spared(field_of(GOOD.stamp) + HEADER, "not to be had")
        self.dns = DnsTable({f"TXT {PLACE}": [RECORD.replace(RECORD[-8:-1], "AAAAAAA")]})
        await self.nothing_is_spared(field_of(GOOD.stamp) + HEADER, "does not fit")

    async def test_a_stranger_is_not_asked_for_a_key(self) -> None:
        """A valid signature of an unknown service means nothing."""
        self.trusted = {}
        await self.nothing_is_spared(field_of(GOOD.stamp) + HEADER, "not one that is trusted")
        assert self.dns.asked == []
