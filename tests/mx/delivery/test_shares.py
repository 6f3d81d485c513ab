"""RCPT within a tenant's share: what is over it is put off before its server is asked."""

from mx import reply
from mx.delivery.shares import Share, Shares
from mx.reply import Reply
from tenants.directory import Standing
from tenants.quotas import Place
from tenants.storage.database import DatabaseUnavailable
from tests.contracts.disposing import result_of, standing
from tests.contracts.mail_world import Everybody

ACME, OTHER = standing(), standing(tenant_id=2)


class Fullness:
    """Quotas that say what they are told."""

    def __init__(self, is_full: bool = False, is_away: bool = False) -> None:
        self.is_full_now, self.is_away = is_full, is_away

    async def is_full(self, tenant_id: int, place: Place) -> bool:
        if self.is_away:
            raise DatabaseUnavailable("away")
        return self.is_full_now and tenant_id == 1 and place is Place.QUEUE


def ask(shares: Shares, whose: Standing = ACME, *, is_first: bool = False) -> Reply:
    return result_of(shares.answer(whose, "a@acme.example", is_first=is_first))


def make(share: Share, fullness: Fullness | None = None, now: float = 0.0) -> Shares:
    return Shares(Everybody(), fullness or Fullness(), share, lambda: now)  # type: ignore[arg-type]


def test_recipients_and_messages_of_a_tenant_are_counted_by_the_minute() -> None:
    """Another tenant's are its own."""
    shares = make(Share(recipients=2))
    assert [ask(shares) for _ in range(3)] == [reply.RECIPIENT_OK, reply.RECIPIENT_OK, reply.TENANT_RATE]
    assert ask(shares, OTHER) == reply.RECIPIENT_OK
    shares = make(Share(messages=1))
    assert [ask(shares, is_first=True), ask(shares), ask(shares, is_first=True)] == [
        reply.RECIPIENT_OK,
        reply.RECIPIENT_OK,
        reply.TENANT_RATE,
    ]


def test_a_full_queue_takes_no_more_and_a_neighbours_does_not_matter() -> None:
    """451, and the server is not asked."""
    shares = make(Share(), Fullness(is_full=True))
    assert ask(shares) == reply.TENANT_FULL
    assert ask(shares, OTHER) == reply.RECIPIENT_OK


def test_a_database_that_is_away_puts_off() -> None:
    """As everywhere at RCPT."""
    assert ask(make(Share(), Fullness(is_away=True))) == reply.DIRECTORY_UNAVAILABLE


def test_what_is_put_off_is_never_an_error_of_the_client() -> None:
    """All are 4xx."""
    assert all(each.is_transient for each in (reply.TENANT_RATE, reply.TENANT_FULL, reply.CLIENT_RATE))
