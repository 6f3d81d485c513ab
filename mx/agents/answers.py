"""Checks what an agent answered: an agent of somebody else's may answer anything. Pure.

Comes in: the object that an agent gave, and the event that it was given. Goes out: the answers, or NotAnAnswer.

Standards: RFC 5322 sections 2.1.1, 2.2 and 3.6.8 (header fields).
Failure: an answer is taken whole or not at all; what is wrong with it is for the trace.
Limits: 100 answers to one event, 1,000 findings, 100 facts of 500 characters, 32 KiB of header fields.
"""

import re
from collections.abc import Mapping, Set
from typing import assert_never

from mx import reply
from mx.agents.contract import ALL_RIGHTS, AddHeaders, Answer, Fact, Go, Hook, Observe, Refuse, Right, Spare, Vouch
from mx.finding import Finding, Severity
from mx.reply import Reply

MOST_ANSWERS, MOST_FINDINGS, MOST_FACTS = 100, 1000, 100
MOST_FACT_CHARACTERS, MOST_NAME_CHARACTERS = 500, 200
MOST_HEADER_OCTETS = 1 << 15
MOST_LINE_OCTETS = 998
_SEVERITIES = frozenset(Severity)
_ORDER = {hook: number for number, hook in enumerate(Hook)}
_NEEDED: Mapping[type, Right] = {AddHeaders: Right.ADD_HEADERS, Refuse: Right.REFUSE, Vouch: Right.VOUCH}
_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_FIELD = re.compile(r"[!-9;-~]{1,76}:[ -~\t]*+(?:\r\n[ \t]++[!-~][ -~\t]*+)*+")
"""Possessive throughout: the time is linear in the length. A folded line is never blank (RFC 5322 section 3.2.2)."""
_READ_FROM_THE_MESSAGE = frozenset(
    {"bcc", "cc", "date", "from", "in-reply-to", "message-id", "mime-version", "references", "reply-to", "sender"}
    | {"subject", "to", "return-path"}
)
"""Fields that say who wrote what to whom; with `content-*` and `resent-*`, nobody but the author writes them."""


class NotAnAnswer(ValueError):
    """What an agent gave is no answer to its event; the text says what is wrong."""


def checked(
    given: object,
    hook: Hook,
    agent: str,
    shown: Set[int],
    rights: Set[Right] = ALL_RIGHTS,
    *,
    may_spare: bool = False,
) -> tuple[Answer, ...]:
    """The answers; `shown` are the numbers of the artifacts that a finding may be about. Raises NotAnAnswer."""
    listed = tuple(given) if isinstance(given, tuple | list) else (given,)
    if len(listed) > MOST_ANSWERS:
        raise NotAnAnswer("too many answers")
    answers = tuple(_checked(each, hook, agent, shown) for each in listed)
    for each in answers:
        if (needed := _NEEDED.get(type(each))) is not None and needed not in rights:
            raise NotAnAnswer(f"it has not declared that it may {needed.value}")
    if any(isinstance(each, Spare) for each in answers) and not may_spare:
        raise NotAnAnswer("it is not among those who may spare an artifact")
    if sum(isinstance(each, Refuse) for each in answers) > 1:
        raise NotAnAnswer("two refusals")
    return answers


def _checked(given: object, hook: Hook, agent: str, shown: Set[int]) -> Answer:
    if not isinstance(given, Go | Refuse | Observe | AddHeaders | Vouch | Spare):
        raise NotAnAnswer(f"a {type(given).__name__} is no answer")
    match given:
        case Go():
            pass
        case Refuse():
            _until(Hook.MESSAGE, hook, "a refusal")
            _check_refusal(given.reply)
        case Observe():
            _check_findings(given.findings, hook, agent, shown)
            _check_facts(given.facts)
        case AddHeaders():
            _until(Hook.DECIDED, hook, "a header field")
            _check_fields(given.fields)
        case Vouch():
            _until(Hook.MESSAGE, hook, "vouching")
        case Spare():
            if hook is not Hook.HEADERS:
                raise NotAnAnswer(f"sparing an artifact comes at another time than {hook.method}")
        case _:
            assert_never(given)
    return given


def _until(last: Hook, hook: Hook, what: str) -> None:
    if _ORDER[hook] > _ORDER[last]:
        raise NotAnAnswer(f"{what} comes too late at {hook.method}")


def _check_refusal(given: object) -> None:
    if not isinstance(given, Reply) or not reply.is_refusal(given):
        raise NotAnAnswer("the reply refuses nothing")


def _check_findings(given: object, hook: Hook, agent: str, shown: Set[int]) -> None:
    if not isinstance(given, tuple) or len(given) > MOST_FINDINGS:
        raise NotAnAnswer("findings are no tuple, or too many")
    if given:
        _until(Hook.MESSAGE, hook, "a finding")
    for finding in given:
        if not isinstance(finding, Finding) or finding.engine != agent:
            raise NotAnAnswer("a finding that is none, or in another's name")
        if finding.severity not in _SEVERITIES or finding.artifact not in shown:
            raise NotAnAnswer("a finding of no severity, or about an artifact that was not shown")
        if not _is_line(finding.name, MOST_NAME_CHARACTERS) or not finding.name:
            raise NotAnAnswer("a finding without a usable name")


def _check_facts(given: object) -> None:
    if not isinstance(given, tuple) or len(given) > MOST_FACTS:
        raise NotAnAnswer("facts are no tuple, or too many")
    for fact in given:
        if not isinstance(fact, Fact) or not _is_line(fact.name, 60) or not _WORD.fullmatch(fact.name):
            raise NotAnAnswer("a fact that is none, or without a name")
        if not _is_line(fact.value, MOST_FACT_CHARACTERS):
            raise NotAnAnswer("a fact that is no short line")


def _check_fields(given: object) -> None:
    if not isinstance(given, tuple) or not all(isinstance(field, str) for field in given):
        raise NotAnAnswer("header fields are no tuple of texts")
    if sum(len(field) + 2 for field in given) > MOST_HEADER_OCTETS:
        raise NotAnAnswer("too many octets of header fields")
    for field in given:
        if not is_field(field):
            raise NotAnAnswer("a header field that is not well formed")
        name = field.partition(":")[0].lower()
        if name in _READ_FROM_THE_MESSAGE or name.startswith(("content-", "resent-")):
            raise NotAnAnswer(f"the header field {name} is the author's")


def is_field(text: str) -> bool:
    """One whole header field, folded or not, without its last CRLF, that cannot end the header or begin another."""
    return _FIELD.fullmatch(text) is not None and all(len(line) <= MOST_LINE_OCTETS for line in text.split("\r\n"))


def _is_line(text: object, most: int) -> bool:
    return isinstance(text, str) and len(text) <= most and (not text or text.isprintable())
