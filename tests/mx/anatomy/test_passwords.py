"""What is tried on encrypted archives and documents."""

import itertools

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.passwords import MOST_CANDIDATES, affordable, candidates


def of(text: str, charset: str = "utf-8") -> tuple[str, ...]:
    return candidates([(whole(text.encode(charset)), charset)])


def test_every_word_is_tried_with_and_without_what_stands_around_it() -> None:
    """A password at the end of a sentence is tried without its full stop."""
    found = of('The password is "infected2024".')
    assert "infected2024" in found
    assert '"infected2024".' in found


LIKELY = {
    "English": ("Please find it attached. The password is: Sommer!24. Regards", "Sommer!24"),
    "with an archive between": ("The password for the archive is Winter7.\r\nBye", "Winter7"),
    "short": ("pw: x", "x"),
    "next line": ("Password:\r\n\r\n  a b\r\n", "a b"),
    "with a blank": ("Password: two words\r\nmore text", "two words"),
    "German": ("Das Passwort lautet geheim, bis bald", "geheim"),
    "French": ("mot de passe : «secret»", "secret"),
    "Spanish": ("La contraseña es caballo", "caballo"),
    "Russian": ("Пароль: лето", "лето"),
    "Chinese": ("密码：abc", "abc"),
    "Japanese": ("パスワードは abc", "abc"),
    "subject": ("Subject: invoice, code=4711\r\n", "4711"),
    "HTML": ("<html><p>Password: <b>Se&amp;cret</b></p></html>", "Se&cret"),
    "HTML, a tag within": ("<p>Password: Sec<span></span>ret</p>", "Secret"),
    "quoted": ("open it with 'ice cream' as usual", "ice cream"),
    "odd word": (f"{'some words of text ' * 30} B7x9", "B7x9"),
}


@pytest.mark.parametrize("case", LIKELY)
def test_the_likely_ones_come_first(case: str) -> None:
    """Whatever language they are told in: among the first twenty, before the words of the text."""
    text, password = LIKELY[case]
    assert password in of(text)[:20]


def test_the_tenants_own_come_first_and_the_number_is_bounded() -> None:
    """However long the text."""
    many = b" ".join(b"word%d" % number for number in range(10_000))
    found = candidates([(whole(many), "")], ["s3cret"])
    assert found[0] == "s3cret"
    assert len(found) == MOST_CANDIDATES


def test_passwords_are_tried_for_two_fifths_of_the_time_that_is_left() -> None:
    """A second each: of ten seconds the first four, and later less."""
    clock = itertools.count()
    budget = Budget(lambda: next(clock) / 2)
    assert len(list(affordable([str(number) for number in range(100)], budget))) <= 9
    assert budget.seconds_left > 4


def test_hostile_texts_cost_little() -> None:
    """Colons, quotes and tags without end."""
    for piece in ("password:", '"', "<p ", ":", "= ", "pw "):
        assert len(of("<p>" + piece * 8000)) <= MOST_CANDIDATES
