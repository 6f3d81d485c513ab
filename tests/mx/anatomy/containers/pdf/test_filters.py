"""PDF filters, alone and in chains."""

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.pdf.filters import Decoded, decode

TEXT = b"Some words, and the same words again: some words, and the same words again."


def decoded(octets: bytes, *filters: str, parameters: dict[str, object] | None = None, most: int = 1 << 24) -> Decoded:
    return decode(octets, filters, [parameters or {}] * len(filters), Budget(lambda: 0.0, Limits(unpacked_octets=most)))


def lzw(octets: bytes, early: int = 1) -> bytes:
    """Codes of growing width, as TIFF and PDF have them."""
    table = {bytes([octet]): octet for octet in range(256)}
    bits, width, current, following = [(256, 9)], 9, b"", 258
    for octet in octets:
        longer = current + bytes([octet])
        if longer in table:
            current = longer
            continue
        bits.append((table[current], width))
        if following < 4096:
            table[longer] = following
            following += 1
        if following + early > 1 << width and width < 12:
            width += 1
        current = bytes([octet])
    if current:
        bits.append((table[current], width))
    bits.append((257, width))
    text = "".join(format(code, f"0{size}b") for code, size in bits)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def predicted(octets: bytes, columns: int) -> bytes:
    """PNG rows of every filter type in turn (RFC 2083 section 6)."""
    out, above = b"", bytes(columns)
    for number, start in enumerate(range(0, len(octets), columns)):
        row = octets[start : start + columns].ljust(columns, b"\0")
        left = b"\0" + row[:-1]
        corner = b"\0" + above[:-1]
        kind = number % 5
        guesses = [
            bytes(columns),
            left,
            above,
            bytes((a + b) // 2 for a, b in zip(left, above, strict=True)),
            bytes(_paeth(*each) for each in zip(left, above, corner, strict=True)),
        ]
        out += bytes([kind]) + bytes((a - b) & 255 for a, b in zip(row, guesses[kind], strict=True))
        above = row
    return out


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda each: abs(estimate - each))


@pytest.mark.parametrize(
    ("octets", "filters"),
    [
        (zlib.compress(TEXT), ["FlateDecode"]),
        (zlib.compress(TEXT), ["Fl"]),
        (b"\r\n" + zlib.compress(TEXT), ["FlateDecode"]),
        (zlib.compress(TEXT)[2:-4], ["FlateDecode"]),
        (TEXT.hex().encode() + b">", ["ASCIIHexDecode"]),
        (b" ".join(TEXT.hex(" ").encode().split()) + b" > junk", ["AHx"]),
        (base64.a85encode(TEXT) + b"~>", ["ASCII85Decode"]),
        (base64.a85encode(TEXT, adobe=True, wrapcol=20), ["A85"]),
        (base64.a85encode(zlib.compress(TEXT)) + b"~>", ["A85", "Fl"]),
        (lzw(TEXT), ["LZWDecode"]),
        (bytes([len(TEXT) - 1]) + TEXT + b"\x80", ["RunLengthDecode"]),
        (zlib.compress(TEXT), ["Crypt", "FlateDecode"]),
        (TEXT, ["DCTDecode"]),
        (TEXT, []),
    ],
)
def test_each_filter(octets: bytes, filters: list[str]) -> None:
    """By both of its names; a picture's filter ends the chain."""
    assert decoded(octets, *filters) == Decoded(TEXT, True)


def test_groups_of_zeros_and_runs() -> None:
    assert decoded(b"z!!~>", "A85").octets == bytes(5)
    assert decoded(b"\xfea\x80", "RL").octets == b"aaa"


@given(st.binary(max_size=3000), st.sampled_from([0, 1]))
def test_lzw_of_any_content(content: bytes, early: int) -> None:
    """Wider codes one code early or in time."""
    assert decoded(lzw(content, early), "LZWDecode", parameters={"EarlyChange": early}).octets == content


@given(st.binary(min_size=1, max_size=400), st.integers(1, 20))
def test_predictors_of_any_content(content: bytes, columns: int) -> None:
    """All five types of PNG rows."""
    found = decoded(zlib.compress(predicted(content, columns)), "Fl", parameters={"Predictor": 15, "Columns": columns})
    assert found.octets == content.ljust(-(-len(content) // columns) * columns, b"\0")


@given(st.binary(max_size=200), st.integers(1, 40), st.integers(1, 4))
def test_tiff_predictors_of_any_content(content: bytes, columns: int, colors: int) -> None:
    """Each octet is written as the difference to the one a pixel before it."""
    row = columns * colors
    changed = bytes(
        (octet - (content[place - colors] if place % row >= colors else 0)) & 255 for place, octet in enumerate(content)
    )
    parameters = {"Predictor": 2, "Columns": columns, "Colors": colors}
    assert decoded(zlib.compress(changed), "Fl", parameters=parameters).octets == content


@pytest.mark.parametrize(
    "parameters",
    [
        {"Predictor": 15, "Columns": 1 << 40},
        {"Predictor": 15, "Columns": -1},
        {"Predictor": "x"},
        {"Predictor": 2, "BitsPerComponent": 4, "Columns": 9},
    ],
)
def test_predictors_that_cannot_be_leave_the_octets(parameters: dict[str, object]) -> None:
    assert decoded(zlib.compress(TEXT), "Fl", parameters=parameters).octets == TEXT


def test_what_breaks_off_gives_what_came_before() -> None:
    found = decoded(zlib.compress(TEXT)[:-20], "FlateDecode")
    assert found.octets
    assert TEXT.startswith(found.octets)
    assert not found.is_complete


def test_a_chain_without_end_is_cut() -> None:
    assert not decoded(TEXT, *["ASCIIHexDecode"] * 40).is_complete


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (zlib.compress(bytes(1 << 22)), "Fl"),
        (b"\x81a" * 40_000, "RL"),
        (lzw(bytes(1 << 21)), "LZW"),
        (b"z" * (1 << 19), "A85"),
    ],
)
def test_bombs_reach_the_limit(octets: bytes, name: str) -> None:
    """What comes out is charged, whatever the filter."""
    with pytest.raises(LimitReached):
        decoded(octets, name, most=1 << 20)


@given(st.binary(max_size=300), st.lists(st.sampled_from(["Fl", "AHx", "A85", "LZW", "RL", "X"]), max_size=4))
def test_any_octets(octets: bytes, filters: list[str]) -> None:
    """Nothing raises."""
    decoded(octets, *filters, parameters={"Predictor": 12, "Columns": 3})
