"""The kinds of values of a policy's entries: what is read, what is refused, and that the written form reads back."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.policies.attachment_lists import LISTS
from tenants.policies.entries import (
    MOST_LISTED,
    Action,
    AttachmentKey,
    AttachmentRule,
    Bias,
    EngineFailure,
    FindingRule,
    number_between,
    one_of,
    read_attachment_rules,
    read_finding_rules,
    read_switch,
    read_texts,
    read_words,
    written,
)

NAMES = st.text("abcdefghij*?.-0123456789", min_size=1, max_size=20).filter(lambda text: not text.startswith("."))


@pytest.mark.parametrize("members", [Action, EngineFailure, Bias])
def test_each_word_of_a_set_is_read(members: type[Action]) -> None:
    """The written form of a member is what a person gives."""
    assert [one_of(members)(written(member)) for member in members] == list(members)


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [(True, True), ("on", True), ("yes", True), ("true", True), (False, False), ("off", False), ("no", False)],
)
def test_a_switch_is_on_or_off(given_value: object, expected: bool) -> None:
    """Several usual spellings."""
    assert read_switch(given_value) is expected


@pytest.mark.parametrize(
    ("read", "given_value", "sentence"),
    [
        (one_of(Action), "explode", "possible are deliver, mark, clean, hold"),
        (read_switch, 1, "possible are on and off"),
        (number_between(1, 5), "6", "a whole number from 1 to 5 is"),
        (number_between(1, 5), True, "a whole number from 1 to 5 is"),
        (number_between(1, 5), "-1", "a whole number from 1 to 5 is"),
        (read_words, ["clamd", "Two words"], "'Two words' is no name"),
        (read_words, 3, "a list is"),
        (read_words, [3], "a list of at most"),
        (read_words, ["a"] * (MOST_LISTED + 1), "a list of at most"),
        (read_texts, ["x" * 201], "at most 200 characters"),
        (read_attachment_rules, "exe=hold", "'exe=hold' is no rule"),
        (read_attachment_rules, "extension:exe", "is no rule"),
        (read_attachment_rules, "colour:red=hold", "possible are name, extension"),
        (read_attachment_rules, "extension:exe=eat", "possible are deliver"),
        (read_attachment_rules, "list:programs=hold", "there is no list 'programs'; known are executables, scripts"),
        (read_attachment_rules, "type:no type=hold", "no rule"),
        (read_attachment_rules, ["declared:text html=hold"], "'text html' is no media type"),
        (read_attachment_rules, "extension:*.=hold", "an ending such as exe is"),
        (read_attachment_rules, ["name:a\nb=hold"], "on one line"),
        (read_attachment_rules, "name:" + "x" * 121 + "=hold", "at most 120 characters"),
        (read_finding_rules, "limit.ratio", "is no rule"),
        (read_finding_rules, "=hold", "is no rule"),
        (read_finding_rules, "*Worm*=eat", "possible are deliver"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_end_of_a_sentence(
    read: Callable[[object], object], given_value: object, sentence: str
) -> None:
    """The sentence begins "Policy entry ... cannot be ...: "."""
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(").replace("*", r"\*")):
        read(given_value)


def test_a_list_is_given_as_json_or_between_commas_and_blanks() -> None:
    """Each once, in order."""
    assert read_words("clamd, yara clamd") == ("clamd", "yara") == read_words(["clamd", "yara"])
    assert read_texts(["two words", "x"]) == ("two words", "x")


def test_rules_name_what_and_the_action() -> None:
    """The pattern of an attachment is in lower case and without its dot; a finding's is as given."""
    assert read_attachment_rules("extension:.EXE=hold list:scripts=reject") == (
        AttachmentRule(AttachmentKey.EXTENSION, "exe", Action.HOLD),
        AttachmentRule(AttachmentKey.LIST, "scripts", Action.REJECT),
    )
    assert read_finding_rules("*Worm*=discard,a=b=clean") == (
        FindingRule("*Worm*", Action.DISCARD),
        FindingRule("a=b", Action.CLEAN),
    )


def test_a_finding_names_the_rule_that_made_it() -> None:
    """So that the rule's action can be looked up when the copy is decided."""
    (rule,) = read_attachment_rules("extension:.EXE=hold")
    assert rule.finding_name == "attachment.extension.exe"


ACTIONS = st.sampled_from(Action)
BY_NAME = st.builds(AttachmentRule, st.sampled_from([AttachmentKey.NAME, AttachmentKey.TYPE]), NAMES, ACTIONS)
BY_LIST = st.builds(AttachmentRule, st.just(AttachmentKey.LIST), st.sampled_from(sorted(LISTS)), ACTIONS)


@given(st.lists(BY_NAME | BY_LIST, unique=True))
def test_attachment_rules_read_back(rules: list[AttachmentRule]) -> None:
    """What is stored is what was set."""
    assert read_attachment_rules(written(tuple(rules))) == tuple(rules)


@given(st.lists(st.builds(FindingRule, NAMES, st.sampled_from(Action)), unique=True))
def test_finding_rules_read_back(rules: list[FindingRule]) -> None:
    """What is stored is what was set."""
    assert read_finding_rules(written(tuple(rules))) == tuple(rules)


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "on"), (False, "off"), (5, 5), (Action.HOLD, "hold"), (("a", "b"), ["a", "b"])]
)
def test_the_written_form_is_json(value: object, expected: object) -> None:
    """Words, numbers and lists."""
    assert written(value) == expected
