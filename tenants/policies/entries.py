"""The kinds of values that a policy's entries have, and how each is written. Pure.

Comes in: what a person or a JSON file gives for one entry. Goes out: the value; and back, its JSON form. A list may be
given as a JSON list or as words between commas or blanks.

Failure: ValueError with the end of a sentence that begins "Policy entry ... cannot be ...: ".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from tenants.policies.attachment_lists import LISTS
from tenants.policies.dns_blocklist import DnsBlocklist, parse_dns_blocklist

MOST_LISTED = 1000
MOST_PATTERN_CHARACTERS = 120
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+*?-]+(?:/[a-z0-9!#$&^_.+*?-]+)?")
MOST_BLOCKLISTS = 10
_BETWEEN = re.compile(r"[,\s]+")
_WORD = re.compile(r"[a-z][a-z0-9-]{0,60}")
E = TypeVar("E", bound=StrEnum)


class Action(StrEnum):
    """What is done with a copy of a message."""

    DELIVER = "deliver"
    MARK = "mark"
    """Deliver; our own headers on top name the verdict."""
    CLEAN = "clean"
    """Take out the parts concerned, leave a notice in their place, keep the original in quarantine, deliver it."""
    HOLD = "hold"
    """Keep it in quarantine and answer 250."""
    REJECT = "reject"
    REJECT_AND_KEEP = "reject-and-keep"
    """Answer 550 in the session, and keep the copy in quarantine."""
    DISCARD = "discard"


class EngineFailure(StrEnum):
    """What is done when an engine that was asked gave no answer."""

    DEFER = "defer"
    """Answer 451: the sender tries again."""
    HOLD = "hold"
    """Keep it, and scan it again now and after `rescan_minutes`."""
    OTHER_ENGINE = "other-engine"
    """Another engine's answer is enough; 451 where none answered."""
    MARK = "mark"


class Bias(StrEnum):
    """How many of the engines that are on must answer for a message."""

    MAX_CERTAINTY = "max-certainty"
    """Every one; one missing means `engine_failure`."""
    FAVOR_CERTAINTY = "favor-certainty"
    """All that are available."""
    NEUTRAL = "neutral"
    """Half of them, rounded up."""
    FAVOR_PERFORMANCE = "favor-performance"
    """Between one and half."""
    MAX_PERFORMANCE = "max-performance"
    """One."""


class BareLineEnds(StrEnum):
    """What is done with a message whose CR or LF stands alone, where the next hop takes whole lines only."""

    REFUSE = "refuse"
    """Answer 550 5.6.11: not one octet of a message is changed."""
    NORMALISE = "normalise"
    """Make CRLF of it; the trace says so, and signatures over the body break."""


class AttachmentKey(StrEnum):
    """What an attachment rule looks at."""

    NAME = "name"
    """A pattern for any of the names that some program could show."""
    EXTENSION = "extension"
    DECLARED = "declared"
    """The media type that the message claims."""
    TYPE = "type"
    """The media type that the content shows."""
    LIST = "list"
    """One of the ready-made lists."""


@dataclass(frozen=True, slots=True)
class AttachmentRule:
    """Which attachments, at any depth, and what becomes of a message that has one."""

    key: AttachmentKey
    pattern: str
    """In lower case; `*` and `?` as in file names."""
    action: Action

    @property
    def finding_name(self) -> str:
        """The name of the finding by which an attachment that this rule is about is known afterwards."""
        return f"attachment.{self.key.value}.{self.pattern}"

    def __str__(self) -> str:
        return f"{self.key.value}:{self.pattern}={self.action.value}"


@dataclass(frozen=True, slots=True)
class FindingRule:
    """What becomes of a message with a finding of such a name, before the verdict's own entry is asked."""

    pattern: str
    action: Action

    def __str__(self) -> str:
        return f"{self.pattern}={self.action.value}"


def one_of(members: type[E]) -> Callable[[object], E]:
    """A reader for one of these words."""

    def read(given: object) -> E:
        try:
            return members(str(given))
        except ValueError:
            raise ValueError(f"possible are {', '.join(member.value for member in members)}") from None

    return read


def read_switch(given: object) -> bool:
    """`on` or `off`."""
    match given:
        case True | "on" | "true" | "yes":
            return True
        case False | "off" | "false" | "no":
            return False
        case _:
            raise ValueError("possible are on and off")


def number_between(least: int, most: int) -> Callable[[object], int]:
    """A reader for a whole number in this range."""

    def read(given: object) -> int:
        text = str(given)
        if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most} is")
        return int(text)

    return read


def read_words(given: object) -> tuple[str, ...]:
    """Names of engines or agents."""
    words = _listed(given)
    for word in words:
        if not _WORD.fullmatch(word):
            raise ValueError(f"{word[:40]!r} is no name")
    return words


def read_texts(given: object) -> tuple[str, ...]:
    """Texts that may hold blanks when given as a JSON list, such as passwords."""
    texts = _listed(given)
    if any(len(text) > 200 for text in texts):
        raise ValueError("texts of at most 200 characters are")
    return texts


def read_attachment_rules(given: object) -> tuple[AttachmentRule, ...]:
    """Rules such as `extension:exe=hold` or `list:executables=reject-and-keep`; the first that fits counts."""
    return tuple(_attachment_rule(text) for text in _listed(given))


def read_dns_blocklists(given: object) -> tuple[DnsBlocklist, ...]:
    """Zones such as `bl.example` or `bl.example=127.0.0.2-127.0.0.11*0.5`."""
    zones = tuple(parse_dns_blocklist(text) for text in _listed(given))
    if len(zones) > MOST_BLOCKLISTS:
        raise ValueError(f"a list of at most {MOST_BLOCKLISTS} zones is")
    return zones


def read_finding_rules(given: object) -> tuple[FindingRule, ...]:
    """Rules such as `*Worm*=discard` or `limit.ratio=hold`."""
    rules = []
    for text in _listed(given):
        pattern, equals, action = text.rpartition("=")
        if not equals or not pattern:
            raise ValueError(f"{text[:60]!r} is no rule; one looks like limit.ratio=hold")
        rules.append(FindingRule(pattern, one_of(Action)(action)))
    return tuple(rules)


def written(value: object) -> object:
    """The JSON form of an entry's value."""
    match value:
        case StrEnum():
            return value.value
        case bool():
            return "on" if value else "off"
        case tuple():
            return [str(each) for each in value]
        case _:
            return value


def _attachment_rule(text: str) -> AttachmentRule:
    what, equals, action = text.rpartition("=")
    key, colon, pattern = what.partition(":")
    if not equals or not colon or not pattern:
        raise ValueError(f"{text[:60]!r} is no rule; one looks like extension:exe=hold")
    chosen, wanted = one_of(AttachmentKey)(key), pattern.lower()
    if len(wanted) > MOST_PATTERN_CHARACTERS or not wanted.isprintable():
        raise ValueError(f"patterns are at most {MOST_PATTERN_CHARACTERS} characters on one line")
    match chosen:
        case AttachmentKey.LIST if wanted not in LISTS:
            raise ValueError(f"there is no list {wanted!r}; known are {', '.join(LISTS)}")
        case AttachmentKey.DECLARED | AttachmentKey.TYPE if not _MEDIA_TYPE.fullmatch(wanted):
            raise ValueError(f"{wanted!r} is no media type; one looks like application/pdf or image/*")
        case AttachmentKey.EXTENSION:
            wanted = wanted.removeprefix("*").removeprefix(".")
    if not wanted:
        raise ValueError("an ending such as exe is")
    return AttachmentRule(chosen, wanted, one_of(Action)(action))


def _listed(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        listed: Sequence[object] = [word for word in _BETWEEN.split(given) if word]
    elif isinstance(given, list | tuple):
        listed = given
    else:
        raise ValueError("a list is")
    if len(listed) > MOST_LISTED or not all(isinstance(each, str) and each for each in listed):
        raise ValueError(f"a list of at most {MOST_LISTED} texts is")
    return tuple(dict.fromkeys(str(each) for each in listed))
