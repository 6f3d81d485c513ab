"""One line for each copy that is ours to keep, wherever it is, and none for what is not."""

from tenants.accounted import AccountedCopy, accounted
from tenants.quarantine.book import hold
from tenants.queue.book import enqueue
from tenants.release import CopyReleased, request_release, settle_release, take_release_requests
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_every_copy_has_a_line(world: CustomerWorld) -> None:
    """Queue first, then quarantine, one for each recipient, in any state short of its end."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        queued = world.new_delivery(session, world.blue_harbour, recipient="Otto@blue-harbour.example")
        held = world.new_held(session, recipients=("b@acme.example", "a@acme.example"))
        number = hold(session, held, NOW)
        enqueue(session, [queued], NOW)
        expected = [
            AccountedCopy(
                "queue",
                "blue-harbour",
                queued.facts.message_id,
                "Otto@blue-harbour.example",
                queued.facts.subject,
            ),
            AccountedCopy("quarantine", "acme", held.facts.message_id, "a@acme.example", held.facts.subject),
            AccountedCopy("quarantine", "acme", held.facts.message_id, "b@acme.example", held.facts.subject),
        ]
        assert list(accounted(session)) == expected
        request_release(session, number, tenant_id=None, who="cli", override=(), now=NOW)
        assert list(accounted(session)) == expected
    with world.database.unit_of_work(Reader.RUNNER) as session:
        (release,) = take_release_requests(session, now=NOW, limit=1, owner="one", lease_seconds=60)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert list(accounted(session)) == expected
        results = [CopyReleased("a@acme.example", "250 Ok")]
        settle_release(session, number, fence=release.fence, results=results, now=NOW)
        assert list(accounted(session)) == [expected[0], expected[2]]
