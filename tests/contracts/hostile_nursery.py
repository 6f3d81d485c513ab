"""A nursery whose cells have a reader that fails as its octets say: what a fault in a library does, on purpose.

The reader takes gzip files. Their cells are deep from the start, so that nothing replaces them.
"""

import ctypes
import json
import os
from collections.abc import Iterator
from functools import partial

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole
from mx.anatomy.kinds import Kind
from mx.anatomy.readers import LIGHT_READERS, Readers
from mx.cell import nursery
from mx.cell.spawn import spawn_nursery
from tests.contracts.exploit import break_out

MAGIC = b"\x1f\x8b\x08"
spawn_hostile_nursery = partial(spawn_nursery, "tests.contracts.hostile_nursery")


def fail_as_told(stretch: Stretch, budget: Budget) -> Iterator[Step]:
    """Crash, hang, blow up, raise, end, run a stranger's code, or do none of it."""
    match stretch.raw.removeprefix(MAGIC).strip():
        case b"crash":
            ctypes.string_at(0)
        case b"hang":
            while True:
                pass
        case b"memory":
            hoard = [bytearray(1 << 20)]
            while True:
                hoard.append(bytearray(len(hoard) << 20))
        case b"raise":
            raise KeyError("a fault in a library")
        case b"exit":
            os._exit(0)
        case b"exploit":
            got = json.dumps(break_out(os.getppid())).encode()
            yield Member("got", "", "part", whole(got))


def main(descriptor: int) -> None:
    """The nursery's, with that reader."""
    by_kind = {**LIGHT_READERS.by_kind, Kind.GZIP: fail_as_told}
    nursery.main(descriptor, Readers(by_kind, is_deep=True))
