"""The digests of a body: the same inline and in a thread."""

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.body_digests import INLINE_OCTETS, digests_of
from mx.authentication.dkim_canonical import BodyForm, hash_bodies
from mx.spool import Spool

FORMS = (BodyForm(is_relaxed=True), BodyForm(is_relaxed=False))
HEADER = b"From: a@b.example\r\n"


class BodyDigestsTest(TestCase):
    """With the real reactor's threads."""

    timeout = 30

    async def test_a_body_is_hashed_behind_its_header(self) -> None:
        """Whether it is small or large."""
        for body in (b"x  y \r\n\r\n", b"z\t z\r\n" * INLINE_OCTETS):
            spool = Spool()
            spool.write(HEADER + b"\r\n" + body)
            spool.freeze()
            assert await digests_of(spool, HEADER, reactor)(FORMS) == hash_bodies([body], 0, FORMS)
            spool.close()
