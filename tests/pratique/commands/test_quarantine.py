"""`pratique quarantine`: looking, releasing, deleting, exporting."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.opening import reading
from pratique.settings.settings import Settings
from tenants.customers.audit import list_actions
from tenants.quarantine.book import HeldState, get_held
from tenants.release import CopyNotReleased, CopyReleased, settle_release, take_release_requests
from tenants.storage.viewpoint import Reader
from tests.pratique.commands.conftest import MESSAGE, Mail, Pratique


def test_an_empty_quarantine_says_so(pratique: Pratique) -> None:
    """In words, and as an empty list."""
    assert pratique.do("quarantine", "list") == "Nothing is held.\n"
    assert pratique.ask("quarantine", "list") == []


def test_the_list_gives_what_the_contract_names(pratique: Pratique, mail: Mail) -> None:
    """Id, time, tenant, recipients, Message-ID, subject, reason, and the names of its findings."""
    held = mail.hold("EICAR", "Other", "EICAR")
    [one] = pratique.ask("quarantine", "list")
    assert one["id"] == held
    assert datetime.fromisoformat(one["time"]).tzinfo is not None
    assert {name: one[name] for name in ("tenant", "recipients", "message_id", "subject", "reason", "findings")} == {
        "tenant": "acme",
        "recipients": ["anna@acme.example"],
        "message_id": "<1@s.example>",
        "subject": "Invoice",
        "reason": "infected",
        "findings": ["EICAR", "Other"],
    }
    table = pratique.do("quarantine", "list")
    assert "EICAR" in table
    assert max(len(line) for line in table.splitlines()) <= 80


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--tenant", "acme"], 2),
        (["--tenant", "operator"], 0),
        (["--reason", "infected"], 2),
        (["--reason", "encrypted"], 0),
        (["--finding", "EICAR"], 1),
        (["--search", "second"], 1),
        (["--since", "1h"], 2),
        (["--since", "2099-01-01"], 0),
        (["--limit", "1"], 1),
    ],
)
def test_the_list_is_narrowed(pratique: Pratique, mail: Mail, words: list[str], count: int) -> None:
    """Every condition given must fit."""
    mail.hold("EICAR")
    mail.hold("False", subject="The second")
    assert len(pratique.ask("quarantine", "list", *words)) == count


def test_every_page_is_listed(pratique: Pratique, mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    """No message is left out because there are many."""
    monkeypatch.setattr("pratique.commands.quarantine.PAGE_ROWS", 2)
    numbers = [mail.hold("EICAR") for _ in range(5)]
    assert [one["id"] for one in pratique.ask("quarantine", "list")] == numbers[::-1]


def test_one_message_is_shown_with_its_headers_and_parts(pratique: Pratique, mail: Mail) -> None:
    """Its text is not shown: the operator has no need of it."""
    held = str(mail.hold("EICAR"))
    shown = pratique.ask("quarantine", "show", held)
    assert shown["headers"] == [["Subject", "Invoice"], ["From", "mallory@s.example"]]
    assert shown["artifacts"][0]["declared_type"] == "message/rfc822"
    assert shown["findings"] == [{"engine": "yara", "name": "EICAR", "artifact": 0, "severity": "infected"}]
    said = pratique.do("quarantine", "show", held)
    assert "infected: EICAR (yara, part 0)" in said
    assert "Pay now" not in said


def test_a_release_by_number_overrides_what_was_found(pratique: Pratique, mail: Mail) -> None:
    """The names of the findings go with it; a second one is refused."""
    held = mail.hold("EICAR", "Other")
    assert "asked for" in pratique.do("quarantine", "release", str(held))
    with mail.parts.database.read(Reader.OPERATOR) as session:
        message = get_held(session, held, tenant_id=None)
    assert (message.state, message.override) == (HeldState.RELEASE_REQUESTED, ("EICAR", "Other"))
    assert message.requested_by == "command line"
    assert pratique.refuse("quarantine", "release", str(held)) == (
        f"Message {held} cannot be released: it is release-requested already."
    )


def test_a_release_by_finding_only_asks_for_another_scan(
    pratique: Pratique, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the finding holds, on every page, and nothing else; no finding is overridden."""
    monkeypatch.setattr("pratique.commands.quarantine.PAGE_ROWS", 2)
    numbers = [mail.hold("False") for _ in range(5)]
    other = mail.hold("EICAR")
    asked = pratique.ask("quarantine", "release", "--finding", "False", "--since", "2h")
    assert sorted(one["id"] for one in asked) == numbers
    with mail.parts.database.read(Reader.OPERATOR) as session:
        states = {number: get_held(session, number, tenant_id=None) for number in [*numbers, other]}
    assert {(states[number].override, states[number].only_if_clean) for number in numbers} == {((), True)}
    assert {states[number].state for number in numbers} == {HeldState.RELEASE_REQUESTED}
    assert states[other].state is HeldState.HELD


def test_a_dry_run_shows_what_would_be_scanned_again(pratique: Pratique, mail: Mail) -> None:
    """With the findings that are not ignored by now; nothing is changed."""
    first, second = mail.hold("False"), mail.hold("False", "Other")
    pratique.do("engines", "ignore", "False")
    shown = pratique.ask("quarantine", "release", "--finding", "False", "--since", "2h", "--dry-run")
    assert [(one["id"], one["not_ignored"]) for one in shown] == [(second, ["Other"]), (first, [])]
    lines = pratique.do("quarantine", "release", "--finding", "False", "--dry-run").splitlines()
    assert lines[-1] == "2 messages would be scanned again. Nothing was changed."
    assert "all ignored by now" in lines[-2]
    assert {held["state"] for held in pratique.ask("quarantine", "list")} == {"held"}


def test_a_release_in_bulk_has_a_line_each_and_a_summary(pratique: Pratique, mail: Mail) -> None:
    """What has not ended when the waiting ends is no success; what stays held is."""
    held = [mail.hold("False"), mail.hold("False")]
    lines = pratique.do("quarantine", "release", "--finding", "False").splitlines()
    assert [line.split()[0] for line in lines[2:-1]] == [str(number) for number in reversed(held)]
    assert lines[-1] == "The release of 2 messages is asked for; the work process scans again and sends."
    mail.hold("False")
    ended = pratique.run("quarantine", "release", "--finding", "False", "--wait", "0")
    assert (ended.exit_code, ended.stdout.splitlines()[-1]) == (1, "0 messages released, 1 not.")


def test_nothing_to_release_is_said(pratique: Pratique, mail: Mail) -> None:
    """What is older than `--since` stays."""
    mail.hold("False")
    assert pratique.do("quarantine", "release", "--finding", "None") == "Nothing that is held fits.\n"
    assert pratique.ask("quarantine", "release", "--finding", "False", "--since", "2099-01-01") == []


@pytest.mark.parametrize(
    ("result", "state", "line"),
    [
        (CopyReleased("anna@acme.example", "250 2.0.0 Ok"), "released", ""),
        (
            CopyNotReleased("anna@acme.example", "infected: EICAR"),
            "held",
            "1 of 1 message not released: see `pratique quarantine show ID`.",
        ),
    ],
)
def test_waiting_prints_the_end(
    pratique: Pratique,
    mail: Mail,
    monkeypatch: pytest.MonkeyPatch,
    result: CopyReleased | CopyNotReleased,
    state: str,
    line: str,
) -> None:
    """The tenant server's reply, or why it is held again; then the exit status is 1."""
    held = mail.hold("EICAR")

    def work(seconds: float) -> None:
        now = datetime.now(UTC)
        with mail.parts.database.unit_of_work(Reader.OPERATOR) as session:
            for lease in take_release_requests(session, now=now, limit=9, owner="test", lease_seconds=9):
                settle_release(session, held, fence=lease.fence, results=[result], now=now)

    monkeypatch.setattr("time.sleep", work)
    ended = pratique.run("quarantine", "release", str(held), "--wait", "60", "--json")
    assert f'"state": "{state}"' in ended.stdout
    assert ended.stderr.rstrip("\n") == line
    assert ended.exit_code == (1 if line else 0)


def test_waiting_ends_when_nobody_works(pratique: Pratique, mail: Mail) -> None:
    """The request stays."""
    held = str(mail.hold("EICAR"))
    ended = pratique.run("quarantine", "release", held, "--wait", "0")
    assert (ended.exit_code, "not ended yet" in ended.stdout) == (1, True)


def test_a_deleted_message_is_gone(pratique: Pratique, mail: Mail) -> None:
    """It is not deleted twice, and its content cannot be had."""
    held = str(mail.hold("EICAR"))
    assert pratique.do("quarantine", "delete", held) == "1 message deleted.\n"
    assert pratique.ask("quarantine", "list") == []
    assert pratique.ask("quarantine", "show", held)["state"] == "deleted"
    assert pratique.refuse("quarantine", "delete", held) == (
        f"Message {held} cannot be deleted: it is deleted already."
    )
    assert pratique.refuse("quarantine", "export", held, "--output", "a.eml") == (
        f"The content of message {held} is not kept any more."
    )


def test_a_message_is_exported_octet_by_octet(pratique: Pratique, mail: Mail) -> None:
    """To a new file of the owner's alone; the audit knows."""
    held = mail.hold("EICAR")
    said = pratique.ask("quarantine", "export", str(held), "--output", "suspect.eml")
    file = Path("suspect.eml")
    assert file.read_bytes() == MESSAGE
    assert file.stat().st_mode & 0o777 == 0o600
    assert said == {"id": held, "file": "suspect.eml", "octets": len(MESSAGE)}
    assert pratique.refuse("quarantine", "export", str(held), "--output", "suspect.eml") == (
        "suspect.eml is there already: choose another name."
    )
    with reading(Settings(data=pratique.data)) as session:
        assert list_actions(session, tenant_id=None)[0].action == "quarantine.export"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["show", "999"], "There is no held message 999."),
        (["release", "999"], "There is no held message 999."),
        (["delete", "999"], "There is no held message 999."),
        (["export", "999", "--output", "a.eml"], "There is no held message 999."),
        (["list", "--tenant", "nobody"], "There is no tenant named 'nobody'."),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(pratique: Pratique, words: list[str], line: str) -> None:
    """It names what was typed."""
    assert pratique.refuse("quarantine", *words) == line


def test_a_file_that_cannot_be_written_is_one_plain_line(pratique: Pratique, mail: Mail) -> None:
    """Nothing is left behind."""
    held = str(mail.hold("EICAR"))
    line = pratique.refuse("quarantine", "export", held, "--output", "no-folder/a.eml")
    assert line == "no-folder/a.eml.part: No such file or directory."


@pytest.mark.parametrize(
    "words",
    [
        ["release"],
        ["release", "1", "--finding", "X"],
        ["release", "1", "--since", "1h"],
        ["release", "--since", "1h"],
        ["release", "--finding", "X", "--since", "soon"],
        ["delete"],
        ["export", "1"],
        ["show", "one"],
    ],
)
def test_wrong_usage_ends_with_2(pratique: Pratique, words: list[str]) -> None:
    """It is never guessed what was meant."""
    assert pratique.run("quarantine", *words).exit_code == 2
