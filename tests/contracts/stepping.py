"""What a reader of one container gives, for the tests of all of them."""

from mx.anatomy.budget import Budget, Limits
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Reader, Step, Stretch


def steps_of(reader: Reader, octets: bytes, **limits: int) -> list[Step]:
    """All steps; the octets stand in the middle of others, which the reader must not see."""
    content = Stretch(b"before\n" + octets + b"\nbehind", 7, 7 + len(octets))
    return list(reader(content, Budget(lambda: 0.0, Limits(**limits))))


def contents_of(reader: Reader, octets: bytes) -> list[bytes]:
    """The content of each member."""
    return [step.content.raw for step in steps_of(reader, octets) if isinstance(step, Member)]


def obstacles_of(reader: Reader, octets: bytes) -> list[str]:
    """The names of oddities and obstacles."""
    return [str(step.name) for step in steps_of(reader, octets) if isinstance(step, Obstacle | Oddity)]
