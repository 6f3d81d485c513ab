"""Forwards copies to their next hops, now, while the sender waits.

One transfer for each set of routes, of header lines on top and of what may be done with line ends.
Comes in: a message and the copies to deliver.
Goes out: each copy with what its next hop said.
Transfers to different next hops run at the same time, within FORWARD_SECONDS of the 45 s that the sender waits.
"""

from collections.abc import Sequence

from twisted.internet.defer import Deferred, gatherResults

from mx.delivery.contract import CopyResult, Forwarding, Transfer
from mx.disposition.copies import Copy, ExaminedMessage, on_top_of
from tenants.domains.routes import Route
from tenants.policies.entries import BareLineEnds

FORWARD_SECONDS = 20.0


async def forward(
    forwarding: Forwarding, message: ExaminedMessage, copies: Sequence[Copy], seconds: float = FORWARD_SECONDS
) -> list[tuple[Copy, CopyResult]]:
    """Each copy with its result, in order."""
    alike: dict[tuple[tuple[Route, ...], bytes, BareLineEnds], list[Copy]] = {}
    for copy in copies:
        standing = copy.standing
        key = (standing.routes, on_top_of(message, copy), standing.policy.bare_line_ends)
        alike.setdefault(key, []).append(copy)
    transfers = [_transfer(forwarding, message, on_top, group, seconds) for (_, on_top, _), group in alike.items()]
    if len(transfers) == 1:
        return await transfers[0]
    parts = await gatherResults([Deferred.fromCoroutine(transfer) for transfer in transfers], consumeErrors=True)
    results = {copy.recipient: result for part in parts for copy, result in part}
    return [(copy, results[copy.recipient]) for copy in copies]


async def _transfer(
    forwarding: Forwarding,
    message: ExaminedMessage,
    headers_on_top: bytes,
    copies: Sequence[Copy],
    seconds: float,
) -> list[tuple[Copy, CopyResult]]:
    envelope = message.envelope
    transfer = Transfer(
        reverse_path=envelope.reverse_path.address,
        recipients=tuple(copy.recipient.address for copy in copies),
        headers_on_top=headers_on_top,
        content=message.content,
        is_eight_bit=envelope.is_eight_bit,
        is_smtputf8=envelope.is_smtputf8,
        has_bare_line_ends=envelope.has_bare_line_ends,
        requires_tls=envelope.requires_tls,
        dsn=envelope.dsn,
        notify=tuple(copy.recipient.dsn for copy in copies),
        may_normalise=copies[0].standing.policy.bare_line_ends is BareLineEnds.NORMALISE,
    )
    results = await forwarding.deliver(copies[0].standing.routes, transfer, seconds)
    return list(zip(copies, results, strict=True))
