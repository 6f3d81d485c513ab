"""facts_of(): what the books keep of a message is what SMTP and the examination said."""

from dataclasses import replace

from mx.disposition.copies import facts_of, with_all_told
from mx.dsn_request import notify_request_of
from mx.envelope import Recipient
from mx.verdict import VerdictKind
from tenants.trace.messages import MessageFacts
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import EICAR_FOUND, MESSAGE, examination, examined


def test_the_books_get_every_fact() -> None:
    """All recipients of the transaction, in their order, also those whose copies went elsewhere."""
    message = examined("a@acme.example", "b@acme.example", result=examination(VerdictKind.INFECTED, EICAR_FOUND))
    assert facts_of(message, 7) == MessageFacts(
        transaction="0" * 22,
        tenant_id=7,
        received_at=NOW,
        client_address="203.0.113.9",
        reverse_path="author@supplier.example",
        recipients=("a@acme.example", "b@acme.example"),
        message_id="<1@supplier.example>",
        subject="Invoice",
        octets=len(MESSAGE),
        is_eight_bit=False,
        is_smtputf8=False,
        verdict="infected",
    )


def test_who_heard_in_the_session_that_nothing_is_taken_hears_nothing_else() -> None:
    """Whatever he had asked for; whom the recipient was called by first stays."""
    asked = notify_request_of("NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@old.example")
    message = examined("a@acme.example", "b@acme.example")
    message = replace(
        message, envelope=replace(message.envelope, recipients=(Recipient("a@acme.example", asked), Recipient("b@x")))
    )
    assert facts_of(with_all_told(message), 7).recipients_dsn == (
        ("a@acme.example", "NOTIFY=NEVER ORCPT=rfc822;a@old.example"),
        ("b@x", "NOTIFY=NEVER"),
    )
