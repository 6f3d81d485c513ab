"""TNEF (winmail.dat): the attachments and bodies that Outlook packs into one part.

Comes in: the octets. Goes out: each attachment under all of its names, each body, the RTF body unpacked; a message
within is TNEF again, and an embedded object a compound file. Nothing in a TNEF stream is hidden from a scan of its raw
octets but the RTF body, so whatever is odd about it costs nothing.

Written by hand because leniency is the point: attachments are found when checksums are wrong, when attributes are cut
off, doubled or out of order, and behind garbage.

Standards: MS-OXTNEF.
Failure: a checksum that does not fit: the oddity `tnef-checksum`; attributes that make no sense: `broken-tnef`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.compressed_rtf import decompress_rtf
from mx.anatomy.containers.contract import Member, Oddity, Step, Stretch, whole
from mx.anatomy.containers.tnef.properties import Property, read_properties

_SIGNATURE_OCTETS = 6
_HEAD_OCTETS, _CHECKSUM_OCTETS = 9, 2
_RENDERING = 0x9002
_ATTACHED = 0x3701
_NAMES = (0x3707, 0x3704, 0x3001, 0x370C)
"""Long file name, short one, display name, transport name."""
_MEDIA_TYPE = 0x370E
_OBJECT_TYPE = 0x000D
_INTERFACE_OCTETS = 16
_ATTRIBUTE = re.compile(rb"[\x01\x02].[\x00\x80\x90][\x00-\x09]\x00", re.DOTALL)


@dataclass(slots=True)
class _Attachment:
    names: list[str] = field(default_factory=list)
    declared_type: str = ""
    contents: list[Stretch] = field(default_factory=list)

    def members(self) -> Iterator[Member]:
        name, *others = dict.fromkeys(filter(None, self.names)) or ("attachment",)
        for number, content in enumerate(self.contents):
            yield Member(
                name, self.declared_type, "tnef-attachment", content, is_further=number > 0, names=tuple(others)
            )


def open_tnef(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Everything within."""
    attachment, has_attributes = _Attachment(), False
    position = min(content.start + _SIGNATURE_OCTETS, content.end)
    while position + _HEAD_OCTETS <= content.end:
        budget.check_time()
        found = _ATTRIBUTE.match(content.base, position, content.end)
        if found is None:
            yield Oddity(AmbiguityName.BROKEN_TNEF)
            found = _ATTRIBUTE.search(content.base, position, content.end)
            if found is None:
                break
            position = found.start()
        number, value, position = _read_attribute(content, position)
        has_attributes = True
        if position > content.end:
            yield Oddity(AmbiguityName.BROKEN_TNEF)
        elif not _is_intact(content, value):
            yield Oddity(AmbiguityName.TNEF_CHECKSUM)
        if number == _RENDERING:
            yield from attachment.members()
            attachment = _Attachment()
        yield from _take(attachment, number, value, budget)
    yield from attachment.members()
    if not has_attributes:
        yield Oddity(AmbiguityName.BROKEN_TNEF)


def _read_attribute(content: Stretch, place: int) -> tuple[int, Stretch, int]:
    """The attribute's number, its value as far as there is one, and where the next one should begin."""
    base, start = content.base, place + _HEAD_OCTETS
    octets = int.from_bytes(base[place + 5 : start], "little")
    value = Stretch(base, min(start, content.end), min(start + octets, content.end))
    return int.from_bytes(base[place + 1 : place + 3], "little"), value, start + octets + _CHECKSUM_OCTETS


def _is_intact(content: Stretch, value: Stretch) -> bool:
    written = content.base[value.end : min(value.end + _CHECKSUM_OCTETS, content.end)]
    return sum(value.raw) & 0xFFFF == int.from_bytes(written, "little")


def _take(attachment: _Attachment, number: int, value: Stretch, budget: Budget) -> Iterator[Step]:
    match number:
        case 0x8010 | 0x9001:  # the title, and the name for the transport
            attachment.names.append(value.raw.partition(b"\0")[0].decode("cp1252", "replace"))
        case 0x800F | 0x8011:  # the content, and the picture of it
            attachment.contents.append(value)
        case 0x800C:
            yield Member("body", "text/plain", "tnef-body", value)
        case 0x9005:
            _take_properties(attachment, read_properties(value, budget))
        case 0x9003:
            for told in read_properties(value, budget):
                yield from _bodies(told, budget)
        case _:
            pass


def _take_properties(attachment: _Attachment, properties: Iterator[Property]) -> None:
    """What the property list of one attachment adds: names and content."""
    for told in properties:
        if told.number in _NAMES:
            attachment.names.append(told.text())
        elif told.number == _MEDIA_TYPE:
            attachment.declared_type = told.text().strip().lower()
        elif told.number == _ATTACHED:
            value = told.value
            if told.form == _OBJECT_TYPE:
                # The object begins with the name of the interface that it is to be read by.
                attachment.contents.append(
                    Stretch(value.base, min(value.start + _INTERFACE_OCTETS, value.end), value.end)
                )
            attachment.contents.append(value)


def _bodies(told: Property, budget: Budget) -> Iterator[Step]:
    match told.number:
        case 0x1000:
            yield Member("body", "text/plain", "tnef-body", whole(told.text().encode()), charset="utf-8")
        case 0x1013:
            yield Member("body.html", "text/html", "tnef-body", told.value)
        case 0x1009:
            yield Member("body.rtf", "application/rtf", "tnef-body", whole(decompress_rtf(told.value, budget)))
        case _:
            pass
