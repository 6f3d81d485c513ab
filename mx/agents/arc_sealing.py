"""The ARC agent: seals what this service found out about the sender, for whoever receives the mail behind it.

Off unless a policy's `agents` names it. It checks the chain of seals that a message came with, and puts a set of its
own on top. What it seals is what the authentication agent said; where that is off, the state of the chain alone.
The key is the one that mail of our own is signed with (`pratique dkim` prints its record).

Standards: RFC 8617 (experimental), sections 5.1 and 5.2.
Failure: the DNS is away, so the chain cannot be checked: no seal, because a wrong one would be there for good; the mail
goes on. A copy of which a part was taken out is no longer what would be sealed: no seal.
"""

import re
from collections.abc import Callable
from typing import Any

from mx.agents.body_digests import digests_of
from mx.agents.contract import About, AddHeaders, Answers, Decided, Fact, Observe, OnFailure
from mx.authentication import arc
from mx.authentication.questions import Dns
from mx.decision import Strip
from mx.names.failures import DnsFailed

NAME = "arc-sealing"


class ArcSealing:
    """Asks the DNS through what it is given."""

    about = About(NAME, deadline_seconds=10.0, on_failure=OnFailure.GO_ON)

    def __init__(self, dns: Dns, reactor: Any, sealer: arc.Sealer, authserv_id: str, now: Callable[[], float]) -> None:
        """`now` is in seconds since 1970."""
        self._dns, self._reactor, self._sealer, self._now = dns, reactor, sealer, now
        self._authserv_id = authserv_id
        begins = re.escape(f"Authentication-Results: {authserv_id};").encode("ascii")
        self._results = re.compile(rb"(?:\A|\n)" + begins + rb"((?:[^\r\n]|\r\n[ \t])*)\r\n")

    async def on_decided(self, event: Decided) -> Answers:
        """The three fields of one set, the seal uppermost."""
        if any(isinstance(decision, Strip) for _, decision in event.decisions):
            return Observe(facts=(Fact("not-sealed", "a part was taken out"),))
        digests = digests_of(event.content, event.header, self._reactor)
        try:
            chain = await arc.check(self._dns, event.header, digests)
        except DnsFailed as error:
            return Observe(facts=(Fact("not-sealed", f"no answer: {error}"[:200]),))
        body = (await digests([arc.BODY_FORM]))[arc.BODY_FORM].sha256
        results = self._results_of(event.headers_on_top, chain.state)
        fields = arc.sealed(chain, event.header, body, results, self._sealer, int(self._now()))
        fact = Observe(facts=(Fact("arc", f"{chain.state.value} {len(chain.sets)}"),))
        return fact if fields is None else (fact, AddHeaders(fields))

    def _results_of(self, headers_on_top: bytes, state: arc.ChainState) -> str:
        said = self._results.search(headers_on_top)
        before = said[1].decode("ascii").strip() + ";\r\n\t" if said else ""
        return f"{self._authserv_id}; {before}arc={state.value}"
