"""Texts that scripts put together from pieces."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.script_pieces import put_together, without_taken_out

CODED = base64.b64encode(bytes(range(0, 250, 3)) + b"the end")


def by(size: int, joint: bytes) -> bytes:
    return joint.join(CODED[at : at + size] for at in range(0, len(CODED), size))


PUT_TOGETHER = {
    "appended to a variable": b"var b='';\r\nb+='" + by(16, b"';\r\nb+='") + b"';",
    "Visual Basic": b'x = x & "' + by(30, b'"\r\nx = x & "') + b'"\r\n',
    "letters in a list": b"['" + by(1, b"','") + b"']",
    "comments between": b"'" + by(10, b"'/*x*/+/*y*/'") + b"'",
    "names between": b"{"
    + b",".join(b'k%d:"%b"' % (at, CODED[at : at + 20]) for at in range(0, len(CODED), 20))
    + b"}",
    "keys between": b'{"a":"' + by(20, b'","b":"') + b'"}',
    "elements": b"<a>" + by(12, b"</a><a>") + b"</a>",
    "lines of a batch file": b"@echo off\r\necho " + by(40, b">>x\r\necho ") + b">>x\r\ncertutil -decode x y\r\n",
    "variables of a batch file": b"".join(
        b"set a%d=%b\r\n" % (at, CODED[at : at + 40]) for at in range(0, len(CODED), 40)
    ),
    "format operator": b"$b='{2}{0}{1}' -f '" + CODED[20:40] + b"', \"" + CODED[40:] + b"\",'" + CODED[:20] + b"'",
}


@pytest.mark.parametrize("case", PUT_TOGETHER)
def test_puts_the_pieces_together(case: str) -> None:
    """All of them, in their order, and nothing else."""
    assert CODED in list(put_together(PUT_TOGETHER[case]))


@pytest.mark.parametrize(
    "taking",
    [
        b".replace(/@@/g, '')",
        b'.replaceAll("@@","")',
        b".split('@@').join('')",
        b"; x = Replace(x, '@@', '')",
        b" -replace '@@',''",
    ],
)
def test_takes_out_what_the_script_takes_out(taking: bytes) -> None:
    """However it says so."""
    assert CODED in without_taken_out(b"x = '" + by(6, b"@@") + b"'" + taking)


def test_a_text_that_takes_nothing_out_stays_the_same() -> None:
    """It is not read again."""
    text = b"x.replace(/a+/g, 'b')"
    assert without_taken_out(text) is text


def test_prose_is_nothing() -> None:
    """Two literals are no list, and words no letters."""
    assert list(put_together(b"He said 'hello', and she said \"good morning to you all\".\r\n" + b"words " * 20)) == []


PIECES = [
    b'"',
    b"'",
    b"`",
    b"\\",
    b"\r\n",
    b"a" * 13,
    b"{0}",
    b"' -f '",
    b"replace(",
    b">AAAAAAAA<",
    b"echo ",
    b"1",
    b",",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    list(put_together(without_taken_out(text)))


@pytest.mark.parametrize(
    "piece", [*PIECES, b'\\"', b"'{0}{1}' -f 'a'", b"replace('a','')", b"a" * 12 + b"\r\n", b"1" * 40 + b"\r\n"]
)
def test_time_is_linear(piece: bytes) -> None:
    """64 KB of anything are read in well under a second."""
    began = time.process_time()
    list(put_together(without_taken_out(piece * ((1 << 16) // len(piece)))))
    assert time.process_time() - began < 1
