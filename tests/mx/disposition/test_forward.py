"""forward(): one transfer for each set of routes, at the same time, results in the order of the copies."""

from collections.abc import Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred

from mx.decision import Deliver
from mx.delivery.contract import CopyResult, Transfer
from mx.disposition.copies import Copy
from mx.disposition.forward import FORWARD_SECONDS, forward
from mx.dsn_request import Notify, NotifyRequest, Return, ReturnRequest
from mx.envelope import Recipient
from tenants.domains.routes import Route
from tenants.policies.policy import Policy, parse_policy
from tests.contracts.disposing import AWAY, LATER, MESSAGE, NEVER, OK, NextHopsInMemory, examined, result_of, standing


def copies(*places: tuple[str, str]) -> list[Copy]:
    return [Copy(Recipient(address), standing(host), Deliver()) for address, host in places]


def test_results_stand_in_the_order_of_the_copies() -> None:
    """Also where two next hops have recipients by turns."""
    given = copies(("a@x.example", "one"), ("b@x.example", "two"), ("c@x.example", "one"), ("d@x.example", "two"))
    hops = NextHopsInMemory({"b@x.example": LATER, "c@x.example": NEVER, "d@x.example": AWAY})
    message = examined(*(copy.recipient.address for copy in given))
    assert result_of(forward(hops, message, given)) == list(zip(given, [OK, LATER, NEVER, AWAY], strict=True))
    assert [transfer.recipients for _, transfer in hops.transfers] == [
        ("a@x.example", "c@x.example"),
        ("b@x.example", "d@x.example"),
    ]


def test_domains_with_the_same_routes_share_a_transfer() -> None:
    """The next hop is what counts, not the domain."""
    given = copies(("a@x.example", "one"), ("a@y.example", "one"))
    hops = NextHopsInMemory()
    result_of(forward(hops, examined("a@x.example", "a@y.example"), given))
    assert [transfer.recipients for _, transfer in hops.transfers] == [("a@x.example", "a@y.example")]


def test_a_transfer_carries_the_envelope_our_headers_and_the_octets() -> None:
    """Octet by octet, our headers above."""
    hops = NextHopsInMemory()
    result_of(forward(hops, examined("a@x.example"), copies(("a@x.example", "one"))))
    ((routes, transfer),) = hops.transfers
    assert routes == (Route("smtp", "one", 25),)
    assert (transfer.reverse_path, transfer.is_eight_bit, transfer.is_smtputf8) == (
        "author@supplier.example",
        False,
        False,
    )
    assert hops.contents == [b"Received: x\r\n" + MESSAGE]


def test_line_ends_may_be_made_whole_only_for_those_whose_policy_says_so() -> None:
    """A transfer for each policy, though the next hop is the same."""
    normalise = parse_policy({"bare_line_ends": "normalise"})
    given = [
        Copy(Recipient(address), standing("one", policy=policy), Deliver())
        for address, policy in (("a@x.example", Policy()), ("b@x.example", normalise), ("c@x.example", Policy()))
    ]
    hops = NextHopsInMemory()
    result_of(forward(hops, examined("a@x.example", "b@x.example", "c@x.example"), given))
    assert [(transfer.recipients, transfer.may_normalise) for _, transfer in hops.transfers] == [
        (("a@x.example", "c@x.example"), False),
        (("b@x.example",), True),
    ]


def test_next_hops_are_asked_at_the_same_time() -> None:
    """A slow one does not make the sender wait for the others' time as well."""
    waiting: list[Deferred[None]] = []

    class Slow:
        async def deliver(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
            assert seconds == FORWARD_SECONDS
            waiting.append(Deferred())
            await waiting[-1]
            return (OK,)

    given = copies(("a@x.example", "one"), ("b@x.example", "two"))
    done = Deferred.fromCoroutine(forward(Slow(), examined("a@x.example", "b@x.example"), given))
    assert len(waiting) == 2
    for each in reversed(waiting):
        each.callback(None)
    results: list[object] = []
    done.addCallback(results.append)
    assert results == [[(given[0], OK), (given[1], OK)]]


def test_what_the_sender_asks_for_goes_with_its_copy() -> None:
    """Each recipient's request where its address is; that TLS is required, and RET, with the transfer."""
    never = NotifyRequest((Notify.NEVER,))
    given = [
        Copy(Recipient("a@x.example", never), standing("one"), Deliver()),
        Copy(Recipient("b@x.example"), standing("two"), Deliver()),
    ]
    message = examined("a@x.example", "b@x.example")
    envelope = replace(message.envelope, requires_tls=True, dsn=ReturnRequest(Return.FULL))
    hops = NextHopsInMemory()
    result_of(forward(hops, replace(message, envelope=envelope), given))
    transfers = [transfer for _, transfer in hops.transfers]
    assert [transfer.notify for transfer in transfers] == [(never,), (NotifyRequest(),)]
    assert {(transfer.requires_tls, transfer.dsn.words) for transfer in transfers} == {(True, "RET=FULL")}
