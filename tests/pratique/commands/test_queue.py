"""`pratique queue`: what waits for its next hop."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.pratique.commands.conftest import Mail, Pratique


def test_an_empty_queue_says_so(pratique: Pratique) -> None:
    """In words, and as an empty list."""
    assert pratique.do("queue", "list") == "The queue is empty.\n"
    assert pratique.ask("queue", "list") == []
    assert pratique.do("queue", "retry", "--all") == "The queue is empty.\n"


def test_what_waits_is_listed_newest_first_and_shown(pratique: Pratique, mail: Mail) -> None:
    """With all that is needed to find the message."""
    first, second = mail.queue("One"), mail.queue("Two", "bob@acme.example")
    listed = pratique.ask("queue", "list")
    assert [one["id"] for one in listed] == [second, first]
    assert listed[1] == pratique.ask("queue", "show", str(first))
    shown = {name: listed[1][name] for name in ("tenant", "recipient", "message_id", "subject", "state", "attempts")}
    assert shown == {
        "tenant": "acme",
        "recipient": "anna@acme.example",
        "message_id": "<1@s.example>",
        "subject": "One",
        "state": "queued",
        "attempts": 0,
    }
    assert "bob@acme.example" in pratique.do("queue", "list")
    assert "subject:" in pratique.do("queue", "show", str(first))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--tenant", "acme"], 2),
        (["--tenant", "operator"], 0),
        (["--domain", "ACME.example"], 2),
        (["--domain", "b.example"], 0),
        (["--search", "two"], 1),
        (["--limit", "1"], 1),
    ],
)
def test_the_list_is_narrowed(pratique: Pratique, mail: Mail, words: list[str], count: int) -> None:
    """Every condition given must fit."""
    mail.queue("One")
    mail.queue("Two")
    assert len(pratique.ask("queue", "list", *words)) == count


def test_every_page_is_listed(pratique: Pratique, mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    """No copy is left out because there are many."""
    monkeypatch.setattr("pratique.commands.queue.PAGE_ROWS", 2)
    numbers = [mail.queue() for _ in range(5)]
    assert [one["id"] for one in pratique.ask("queue", "list")] == numbers[::-1]
    assert [one["id"] for one in pratique.ask("queue", "list", "--limit", "3")] == numbers[:1:-1]


def test_a_delivery_is_tried_now(pratique: Pratique, mail: Mail) -> None:
    """One by number, or all."""
    first, second = mail.queue(), mail.queue()
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert pratique.ask("queue", "retry", str(first)) == {"retried": 1}
    due = {one["id"]: datetime.fromisoformat(one["next_attempt"]) < soon for one in pratique.ask("queue", "list")}
    assert due == {first: True, second: False}
    assert pratique.do("queue", "retry", "--all", "--tenant", "acme") == "2 deliveries will be tried now.\n"


def test_a_dropped_delivery_is_gone_for_good(pratique: Pratique, mail: Mail) -> None:
    """It is still shown, with its end, but not dropped twice."""
    number = str(mail.queue())
    assert pratique.do("queue", "drop", number) == "1 delivery dropped.\n"
    assert pratique.ask("queue", "list") == []
    assert pratique.ask("queue", "show", number)["state"] == "dropped"
    assert pratique.refuse("queue", "drop", number) == f"Delivery {number} cannot be dropped: it is dropped."
    assert pratique.refuse("queue", "retry", number) == f"Delivery {number} cannot be tried again: it is dropped."


def test_one_unknown_number_stops_the_whole_command(pratique: Pratique, mail: Mail) -> None:
    """Nothing is dropped when not everything can be."""
    number = str(mail.queue())
    assert pratique.refuse("queue", "drop", number, "999") == "There is no delivery 999."
    assert pratique.ask("queue", "show", number)["state"] == "queued"


@pytest.mark.parametrize(
    "words", [["retry"], ["retry", "1", "--all"], ["retry", "1", "--tenant", "a"], ["drop"], ["show", "x"], ["show"]]
)
def test_wrong_usage_ends_with_2(pratique: Pratique, words: list[str]) -> None:
    """It is never guessed what was meant."""
    assert pratique.run("queue", *words).exit_code == 2


def test_a_delivery_is_held_back_until_somebody_has_it_tried(pratique: Pratique, mail: Mail) -> None:
    """Flushing everything leaves it where it is."""
    first, second = mail.queue(), mail.queue()
    assert pratique.do("queue", "hold", str(first)) == "1 delivery held back.\n"
    shown = pratique.ask("queue", "show", str(first))
    assert (shown["held_back"], shown["next_attempt"]) == (True, None)
    assert "held back" in pratique.do("queue", "list")
    assert pratique.ask("queue", "flush") == {"retried": 1}
    assert pratique.do("queue", "flush", "--tenant", "acme") == "1 delivery will be tried now.\n"
    assert pratique.ask("queue", "retry", str(first)) == {"retried": 1}
    held = {one["id"]: one["held_back"] for one in pratique.ask("queue", "list")}
    assert held == {first: False, second: False}
    assert pratique.ask("queue", "hold", str(second))[0]["id"] == second
