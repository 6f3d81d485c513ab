"""The policy as lines of a page: each entry with its value, what may be chosen, and where the value comes from. Pure.

Comes in: a policy, the one below it, the names of the entries that this level has changed; or the fields of a form.
Goes out: lines in the order in which people read them; or the entries that a form asks for. The words for people stand
in `words.html`.

Failure: none; a value that cannot be is found by `tenants/policies/policy.py`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tenants.policies.book import INHERIT
from tenants.policies.entries import BareLineEnds, Bias
from tenants.policies.policy import Action, EngineFailure, Policy, entries_of

_ACTIONS = tuple(action.value for action in Action)
_FAILURES = tuple(failure.value for failure in EngineFailure)
_BIASES = tuple(bias.value for bias in Bias)
_LINE_ENDS = tuple(choice.value for choice in BareLineEnds)
_SWITCH = ("on", "off")


class Shape(StrEnum):
    """How an entry is shown and given."""

    CHOICE = "choice"
    NUMBER = "number"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry."""

    name: str
    shape: Shape
    value: str
    """A word, a number, or one item a line."""
    choices: tuple[str, ...]
    below: str
    """What it would be if this level had changed nothing."""
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that belong together; the heading for `name` stands in `words.html`."""

    name: str
    lines: tuple[Line, ...]


PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "verdicts",
        (
            "infected",
            "prohibited",
            "unscannable",
            "encrypted",
            "encrypted_message",
            "phishing",
            "spam",
            "suspicious",
            "ambiguous",
            "clean",
        ),
    ),
    ("rules", ("findings", "attachments", "bare_line_ends", "report_only", "reject_texts")),
    ("failures", ("engine_failure", "engine_failure_large", "large_octets", "rescan_minutes", "signature_age_hours")),
    ("scanning", ("bias", "engines", "whole_message", "passwords", "agents", "dns_blocklists", "snapshot_hours")),
)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "report_only": _SWITCH,
    "whole_message": _SWITCH,
    "engine_failure": _FAILURES,
    "engine_failure_large": _FAILURES,
    "bias": _BIASES,
    "bare_line_ends": _LINE_ENDS,
    **dict.fromkeys(PARTS[0][1], _ACTIONS),
}


def parts_of(policy: Policy, below: Policy, changed: Collection[str]) -> tuple[Part, ...]:
    """Every entry of the policy as a line."""
    values, others = entries_of(policy), entries_of(below)
    return tuple(
        Part(name, tuple(_line(entry, values[entry], others[entry], entry in changed) for entry in entries))
        for name, entries in PARTS
    )


def entries_in(form: Mapping[str, str]) -> dict[str, object]:
    """The entries that a form gives; fields that are no entry are left out."""
    known = [name for _, names in PARTS for name in names]
    return {name: _given(name, form[name]) for name in known if name in form}


def _line(name: str, value: object, below: object, is_changed: bool) -> Line:
    choices = _CHOICES.get(name, ())
    shape = Shape.CHOICE if choices else Shape.LIST if isinstance(value, list) else Shape.NUMBER
    return Line(name, shape, _text(value), choices, _text(below), is_changed)


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _given(name: str, text: str) -> object:
    """A choice as it is; an empty number is inherited; a list is one item a line."""
    if name in _CHOICES:
        return text
    if isinstance(entries_of(Policy())[name], list):
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text.strip() or INHERIT
