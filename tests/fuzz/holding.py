"""What always holds for an anatomy, whatever the message: every fuzz run asserts it.

The walk ends without an exception, within the time, its artifacts are numbered, each has its digest, its parent stands
before it, and every ambiguity and finding points at an artifact.
"""

import hashlib
import time

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import Anatomy, walk

MOST_SECONDS = 1.0
"""CPU time for a message of MOST_OCTETS; a bomb may take as long again for each UNPACKED_OCTETS that come out of it."""
UNPACKED_OCTETS = 64 << 20
MOST_OCTETS = 64 << 10
_NAMES = frozenset(name.value for name in AmbiguityName)


def hold(message: bytes, most_seconds: float = MOST_SECONDS) -> tuple[Anatomy, float]:
    """The anatomy, and the CPU seconds it took; raises AssertionError where something does not hold."""
    started = time.process_time()
    anatomy = walk(message, Budget(time.process_time), DEEP_READERS)
    seconds = time.process_time() - started
    unpacked = sum(content.octets for content in anatomy.contents)
    allowed = most_seconds * (1 + unpacked // UNPACKED_OCTETS)
    assert seconds <= allowed or len(message) > MOST_OCTETS, f"{seconds:.2f} s for {len(message)} octets"
    assert anatomy.contents[0].raw == message
    for number, (artifact, content) in enumerate(zip(anatomy.artifacts, anatomy.contents, strict=True)):
        assert artifact.number == number
        assert (artifact.parent is None) == (number == 0)
        assert artifact.parent is None or artifact.parent < number
        assert 0 <= content.start <= content.end <= len(content.base)
        assert artifact.sha256 == hashlib.sha256(content.raw).hexdigest()
        for name in (artifact.name, *artifact.names):
            assert len(name) <= 255
            name.encode("utf-8")
    for finding in anatomy.findings:
        assert 0 <= finding.artifact < len(anatomy.artifacts)
    for ambiguity in anatomy.ambiguities:
        assert ambiguity.name in _NAMES
        assert 0 <= ambiguity.artifact < len(anatomy.artifacts)
    return anatomy, seconds
