"""What need not be shown to an engine: what another service, which is trusted here, has found clean. Pure.

Comes in: artifacts, and the digests of those that were examined elsewhere. Goes out: the artifacts that are left: what
lies in one that was examined was examined with it. Which engines this holds for says `panel.py`: those that look for
malware, with signatures older than that examination.

Failure: none; what is not listed is shown.
"""

from collections.abc import Sequence, Set

from mx.artifact import Artifact


def left_over(artifacts: Sequence[Artifact], digests: Set[str]) -> tuple[Artifact, ...]:
    """The artifacts that are none of these, nor lie in one; a parent's number is lower than its own."""
    spared: set[int] = set()
    for artifact in artifacts:
        if artifact.number and (artifact.sha256 in digests or artifact.parent in spared):
            spared.add(artifact.number)
    return tuple(artifact for artifact in artifacts if artifact.number not in spared)
