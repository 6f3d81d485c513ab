"""`pratique trace`: what became of a message."""

import pytest

from tests.pratique.commands.conftest import Mail, Pratique


def test_a_message_is_traced_event_by_event(pratique: Pratique, mail: Mail) -> None:
    """With the facts of each event."""
    mail.hold("EICAR", subject="\x1b[2JInvoice")
    [trace] = pratique.ask("trace", "--message-id", "1@s.example")
    assert (trace["tenant"], trace["message_id"], trace["recipients"]) == (
        "acme",
        "<1@s.example>",
        ["anna@acme.example"],
    )
    assert [event["event"] for event in trace["events"]] == ["message-received", "copy-held"]
    assert trace["events"][1]["reply"] == "550 5.7.1 No"
    said = pratique.do("trace")
    assert "copy-held" in said
    assert "recipient=anna@acme.example" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], 2),
        (["--message-id", "<1@s.example>"], 2),
        (["--message-id", "2@s.example"], 0),
        (["--recipient", "Bob@acme.example"], 1),
        (["--since", "1h"], 2),
        (["--since", "2099-01-01"], 0),
        (["--tenant", "operator"], 0),
        (["--limit", "1"], 1),
        (["--transaction", "none"], 0),
    ],
)
def test_the_trace_is_narrowed(pratique: Pratique, mail: Mail, words: list[str], count: int) -> None:
    """Every condition given must fit."""
    mail.queue()
    mail.queue(recipient="bob@acme.example")
    assert len(pratique.ask("trace", *words)) == count


def test_nothing_found_is_said(pratique: Pratique) -> None:
    """It is no refusal."""
    assert pratique.do("trace", "--message-id", "none@s.example") == "No message fits.\n"


@pytest.mark.parametrize("words", [["--since", "yesterday"], ["--limit", "0"], ["--bogus"]])
def test_wrong_usage_ends_with_2(pratique: Pratique, words: list[str]) -> None:
    """A time is written in one of three ways."""
    assert pratique.run("trace", *words).exit_code == 2
