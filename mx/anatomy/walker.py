"""The walk: from one message's octets to all artifacts that some mail program could open, and what stood in the way.

Comes in: the message and a fresh budget. Goes out: an `Anatomy`. Everything is a container: the message itself, the
messages within it, archives, archives within archives; each reader gives its members, members are opened in turn,
depth first, so that artifacts are numbered in the order in which a person would come upon them. Artifact 0 is the
message as it stands.

Failure: none. A limit that is reached is a finding `limit.<what>` of severity unscannable; a limit on depth ends only
the artifact concerned, any other the whole walk.
Limits: `mx/anatomy/budget.py`. The same octets are opened as the same kind once, so an archive that contains itself
ends there.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget, LimitReached
from mx.anatomy.containers.contract import DeeperCellNeeded, Locked, Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.message import open_message
from mx.anatomy.disguises import disguises_of
from mx.anatomy.fixed import fixed
from mx.anatomy.headers import Header
from mx.anatomy.kinds import Kind, recognise
from mx.anatomy.passwords import candidates, is_text
from mx.anatomy.readers import LIGHT_READERS, Readers
from mx.anatomy.true_type import true_type_of
from mx.artifact import ENCRYPTED_MEMBER, Ambiguity, Artifact
from mx.finding import Finding, Severity

ENGINE = "anatomy"
_MOST_NAME_CHARACTERS, _MOST_BEGINNING = 255, 180
_BROKEN = frozenset(name.value for name in AmbiguityName if name.value.startswith("broken-"))
"""What a guess may turn out to be: octets that were never a file. Limits and encryption always count."""
_NEVER_OPENED = frozenset({"headers", ENCRYPTED_MEMBER})
_SHOWN_TEXTS = frozenset({"", "text/plain"})
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Everything that was found in one message."""

    artifacts: tuple[Artifact, ...]
    contents: tuple[Stretch, ...]
    """The content of each artifact, by number."""
    charsets: tuple[str, ...]
    """The charset that each artifact's part declares, by number; empty where none is."""
    findings: tuple[Finding, ...]
    ambiguities: tuple[Ambiguity, ...]
    header: Header | None
    """The message's own; None where a limit ended the walk before it."""


@fixed
class _Place:
    """An artifact that is being opened, and how deep it lies."""

    number: int
    mime_levels: int
    archive_levels: int
    kind: Kind = Kind.MESSAGE
    """What it is being opened as."""
    is_guess: bool = False
    """No header asks for the reading that it comes from."""


def nobody_watches(sha256: str, kind: str) -> None:
    """Takes no note of what is being opened."""


@dataclass(slots=True)
class _Walk:
    budget: Budget
    readers: Readers
    watch: Callable[[str, str], None]
    header: Header | None = None
    artifacts: list[Artifact] = field(default_factory=list)
    contents: list[Stretch] = field(default_factory=list)
    charsets: list[str] = field(default_factory=list)
    findings: dict[Finding, None] = field(default_factory=dict)
    ambiguities: dict[Ambiguity, None] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)
    """Digests of what only a guess has found: it counts anew where a header asks for it."""
    opened: set[tuple[str, Kind, bool]] = field(default_factory=set)
    stack: list[tuple[_Place, Iterator[Step]]] = field(default_factory=list)
    locked: list[tuple[_Place, Locked]] = field(default_factory=list)
    texts_asked: int = -1
    """Of how many texts the passwords are."""
    passwords: tuple[str, ...] = ()


def walk(
    message: bytes,
    budget: Budget,
    readers: Readers = LIGHT_READERS,
    tenant_passwords: Sequence[str] = (),
    watch: Callable[[str, str], None] = nobody_watches,
) -> Anatomy:
    """All artifacts of the message, with findings and ambiguities.

    `watch` is told the digest of each artifact and the kind that it is opened as, before that begins or goes on: what
    kills the process is then known. Whatever the octets, raises nothing but DeeperCellNeeded, and that only where
    `readers` are not deep.
    """
    state = _Walk(budget, readers, watch)
    _add(state, None, Member("message", "message/rfc822", "message", whole(message)))
    while state.stack or _unlock(state, tenant_passwords):
        try:
            _take_steps(state)
        except LimitReached as reached:
            _end_at(state, reached)
    return Anatomy(
        tuple(state.artifacts),
        tuple(state.contents),
        tuple(state.charsets),
        tuple(state.findings),
        tuple(state.ambiguities),
        state.header,
    )


def _take_steps(state: _Walk) -> None:
    """Open what is on the stack, the last first, until nothing is left."""
    stack = state.stack
    while stack:
        place, steps = stack[-1]
        state.watch(state.artifacts[place.number].sha256, place.kind)
        depth = len(stack)
        for step in steps:
            _take(state, place, step)
            if len(stack) > depth:
                break
        else:
            stack.pop()


def _end_at(state: _Walk, reached: LimitReached) -> None:
    """Open no more of what is being opened, or nothing more at all."""
    place, _ = state.stack.pop()
    _find(state, place.number, f"limit.{reached.what}", Severity.UNSCANNABLE)
    if reached.is_final:
        state.stack.clear()
        state.locked.clear()


def _unlock(state: _Walk, tenant_passwords: Sequence[str]) -> bool:
    """Go on with what is encrypted, now that all text has been seen; False when there is nothing of the kind."""
    if not state.locked:
        return False
    place, locked = state.locked.pop()
    texts = [
        (content, charset)
        for artifact, content, charset in zip(state.artifacts, state.contents, state.charsets, strict=True)
        if is_text(artifact)
    ]
    if len(texts) != state.texts_asked:
        # What is encrypted is often there many times; its passwords are looked for when there is new text.
        state.texts_asked, state.passwords = len(texts), candidates(texts, tenant_passwords)
    state.stack.append((place, locked.open_with(state.passwords)))
    return True


def _take(state: _Walk, place: _Place, step: Step) -> None:
    match step:
        case Member():
            state.budget.charge_artifact()
            state.header = state.header or step.header
            _add(state, place, step)
        case Oddity():
            state.ambiguities[Ambiguity(step.name.value, place.number)] = None
        case Obstacle() if place.is_guess and step.name in _BROKEN:
            state.ambiguities[Ambiguity(step.name, place.number)] = None
        case Obstacle():
            _find(state, place.number, step.name, step.severity)
        case Locked():
            state.locked.append((place, step))
        case _:
            assert_never(step)


def _find(state: _Walk, artifact: int, name: str, severity: Severity) -> None:
    state.findings[Finding(ENGINE, name, artifact, severity)] = None


def _add(state: _Walk, parent: _Place | None, member: Member) -> None:
    """Make the member an artifact, and put it on the stack once for each kind that it can be opened as."""
    content = member.content
    view = memoryview(content.base)[content.start : content.end]
    digest = hashlib.sha256(view).hexdigest()
    is_guess = member.is_guess or (parent is not None and parent.is_guess)
    if member.is_further and (digest in state.digests or (is_guess and digest in state.guessed)):
        return
    (state.guessed if is_guess else state.digests).add(digest)
    number = len(state.artifacts)
    name = _shown(member.name)
    declared_type = member.declared_type
    parent_number = parent.number if parent else None
    names = tuple(map(_shown, member.names)) if member.names else ()
    span = _span(member.entity, state.contents[0].base) if number else None
    true_type = "" if parent is None or member.is_known_text else true_type_of(content)
    state.artifacts.append(
        Artifact(number, parent_number, name, declared_type, member.reading, digest, content, names, true_type, span)
    )
    if parent is not None and not is_guess:
        for disguise in disguises_of((member.name, *member.names), declared_type, true_type):
            _find(state, number, disguise, Severity.SUSPICIOUS)
    state.contents.append(content)
    state.charsets.append(member.charset)
    mime_levels = parent.mime_levels + member.levels if parent else 0
    place = _Place(number, mime_levels, parent.archive_levels if parent else 0, is_guess=is_guess)
    if parent is None:
        state.stack.append((place, open_message(content, state.budget, state.budget.limits.mime_levels)))
    elif member.reading not in _NEVER_OPENED:
        _open(state, place, member, digest)


def _shown(name: str) -> str:
    """The name as a line of it can be shown; nearly all can be shown as they are, and long ones keep their end."""
    if len(name) > _MOST_NAME_CHARACTERS:
        name = f"{name[:_MOST_BEGINNING]}...{name[_MOST_BEGINNING + 3 - _MOST_NAME_CHARACTERS :]}"
    return name if name.isprintable() else name.translate(_CONTROLS)


def _span(entity: Stretch | None, message: bytes) -> tuple[int, int] | None:
    return (entity.start, entity.end) if entity is not None and entity.base is message else None


def _open(state: _Walk, place: _Place, member: Member, digest: str) -> None:
    artifact, content = state.artifacts[place.number], member.content
    names = (artifact.name, *artifact.names)
    kinds, unread = recognise(content, member.declared_type, names, is_known_text=member.is_known_text)
    # Where anything is in doubt, some program may take the text for a message.
    is_shown_text = member.name == "text" and member.declared_type in _SHOWN_TEXTS and not state.ambiguities
    for kind in reversed(kinds):
        if (digest, kind, False) not in state.opened and (digest, kind, place.is_guess) not in state.opened:
            state.opened.add((digest, kind, place.is_guess))
            _open_as(state, place, content, kind, is_shown_text=is_shown_text)
    if unread is not None:
        _find(state, place.number, f"unread-container.{unread}", Severity.UNSCANNABLE)


def _open_as(state: _Walk, place: _Place, content: Stretch, kind: Kind, *, is_shown_text: bool) -> None:
    limits = state.budget.limits
    if kind is Kind.MESSAGE:
        level = place.mime_levels + 1
        if level > limits.mime_levels:
            _find(state, place.number, "limit.mime-levels", Severity.UNSCANNABLE)
            return
        within = _Place(place.number, level, place.archive_levels, is_guess=place.is_guess)
        levels_left = limits.mime_levels - level
        steps = open_message(content, state.budget, levels_left, is_guess=place.is_guess, is_shown_text=is_shown_text)
        state.stack.append((within, steps))
        return
    within = _Place(place.number, place.mime_levels, place.archive_levels + 1, kind, place.is_guess)
    if within.archive_levels > limits.archive_levels:
        _find(state, place.number, "limit.archive-levels", Severity.UNSCANNABLE)
        return
    reader = state.readers.by_kind.get(kind)
    if reader is not None:
        state.stack.append((within, reader(content, state.budget)))
    elif state.readers.is_deep:
        _find(state, place.number, f"unread-container.{kind.value}", Severity.UNSCANNABLE)
    else:
        raise DeeperCellNeeded
