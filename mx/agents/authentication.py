"""The authentication agent: SPF, DKIM and DMARC, told in `Authentication-Results` and in the trace.

Off unless a policy's `agents` names it. Mail that fails the DMARC of a domain which asks for quarantine or refusal has
the finding `dmarc.quarantine` or `dmarc.reject` of severity phishing, and the policy decides.

Standards: RFC 7208, RFC 6376, RFC 7489, RFC 8601.
Failure: results that say so; where the agent itself fails, the mail goes on without the field.
Limits: SPF and DKIM are asked at the same time and have METHOD_SECONDS each, then DMARC has as long: a domain whose DNS
is slow is `temperror`, and hides nothing of the others. Large bodies are hashed in a thread (`body_digests.py`).
"""

from collections.abc import Callable
from typing import Any

from publicsuffixlist import PublicSuffixList
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from mx.agents.body_digests import digests_of
from mx.agents.contract import About, AddHeaders, Answers, Fact, MessageOpened, Observe, OnFailure
from mx.authentication import dkim, dmarc, spf
from mx.authentication.dmarc import DmarcAnswer, OrganisationalDomain, Wish
from mx.authentication.hurried import Hurried
from mx.authentication.questions import Dns, Result
from mx.authentication.results import results_field
from mx.finding import Finding, Severity

NAME = "authentication"
METHOD_SECONDS = 2.0


class Authentication:
    """Asks the DNS through what it is given."""

    about = About(NAME, deadline_seconds=10.0, on_failure=OnFailure.GO_ON)

    def __init__(self, dns: Dns, reactor: Any, authserv_id: str, now: Callable[[], float]) -> None:
        """`now` is in seconds since 1970."""
        self._dns, self._reactor, self._authserv_id, self._now = dns, reactor, authserv_id, now
        self._organisation_of: OrganisationalDomain | None = None

    async def on_message(self, event: MessageOpened) -> Answers:
        """The results, as a field on top, facts for the trace, and perhaps a finding."""
        envelope = event.envelope
        digests = digests_of(event.content, event.header, self._reactor)
        sender = envelope.reverse_path.address
        asking_dkim = Deferred.fromCoroutine(dkim.check(self._hurried(), event.header, digests, self._now()))
        try:
            by_spf = await spf.check(self._hurried(), envelope.client.address, envelope.client.helo, sender)
            by_dkim = await asking_dkim
        finally:
            asking_dkim.cancel()
        organisation_of = await self._public_suffixes()
        by_dmarc = await dmarc.check(self._hurried(), event.header, by_spf, by_dkim, organisation_of)
        signed_by = [f"{each.result.value} {each.domain}".strip() for each in by_dkim] or [Result.NONE.value]
        facts = (
            Fact("spf", f"{by_spf.result.value} {by_spf.domain}"),
            Fact("dkim", ", ".join(signed_by)),
            Fact("dmarc", f"{by_dmarc.result.value} {by_dmarc.domain}".strip()),
        )
        return (
            Observe(_findings(by_dmarc), facts),
            AddHeaders((results_field(self._authserv_id, by_spf, sender, by_dkim, by_dmarc),)),
        )

    def _hurried(self) -> Hurried:
        return Hurried(self._dns, self._reactor, METHOD_SECONDS)

    async def _public_suffixes(self) -> OrganisationalDomain:
        """Read once, in a thread: the list takes 0.1 s."""
        if self._organisation_of is None:
            suffixes = await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), PublicSuffixList)

            def organisation_of(domain: str) -> str:
                return suffixes.privatesuffix(domain) or domain

            self._organisation_of = organisation_of
        return self._organisation_of


def _findings(answer: DmarcAnswer) -> tuple[Finding, ...]:
    if answer.result is not Result.FAIL or answer.wish is Wish.NONE:
        return ()
    return (Finding(NAME, f"dmarc.{answer.wish.value}", 0, Severity.PHISHING),)
