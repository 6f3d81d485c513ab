"""yEnc blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import Member
from mx.anatomy.containers.yenc import open_yenc
from tests.contracts.stepping import contents_of, steps_of
from tests.corpus.hiding.undeclared import yenc

OCTETS = bytes(range(256)) * 2
BLOCK = yenc(OCTETS)
PART = b"=ybegin part=%d line=128 size=512 name=a.bin\r\n=ypart begin=1 end=256\r\n"


@pytest.mark.parametrize(
    "text",
    [
        BLOCK,
        b"words before\r\n\r\n" + BLOCK + b"words behind",
        BLOCK.replace(b"\r\n", b"\n"),
        BLOCK.partition(b"\r\n=yend")[0],
        BLOCK.replace(b"size=512", b"size=9").replace(b"crc32=", b"crc32=0"),
    ],
)
def test_reads_a_block(text: bytes) -> None:
    """Sizes and sums do not matter, nor does a missing end."""
    assert contents_of(open_yenc, text) == [OCTETS]


def test_gives_the_name() -> None:
    """As the block says it."""
    (step,) = steps_of(open_yenc, yenc(b"x", b"my file.exe"))
    assert isinstance(step, Member)
    assert step.name == "my file.exe"


def test_joins_parts() -> None:
    """Each part, and all of them."""
    pieces = [yenc(OCTETS[:256]), yenc(OCTETS[256:])]
    text = b"".join(PART % number + piece.partition(b"\r\n")[2] for number, piece in enumerate(pieces))
    assert contents_of(open_yenc, text) == [OCTETS[:256], OCTETS[256:], OCTETS]


@given(st.lists(st.sampled_from([b"=ybegin ", b"=yend", b"\r\n", b"=", b"x", b"=ypart "]), max_size=40).map(b"".join))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    contents_of(open_yenc, text)
