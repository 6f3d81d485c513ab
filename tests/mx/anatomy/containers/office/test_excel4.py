"""Excel 4 macros in the binary format."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.office.excel4 import FIRST_LINE, is_locked, read_macro_sheets


def record(number: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", number, len(content)) + content


BEGIN = record(0x809, struct.pack("<HHHH", 0x600, 5, 0, 0))
MACRO_BEGIN = record(0x809, struct.pack("<HHHH", 0x600, 0x40, 0, 0))
END = record(0x0A)
SHEET = record(0x85, struct.pack("<IBB", 99, 2, 1) + b"\x06\0Macro1")
PLAIN_SHEET = record(0x85, struct.pack("<IBB", 99, 0, 0) + b"\x06\0Sheet1")
AUTO_OPEN = record(0x18, b"\x20\0\0\1" + bytes(10) + b"\0\1")
AUTO_OPEN_AS_TEXT = record(0x18, b"\0\0\0\x0b" + bytes(10) + b"\0auto_open77")
COMMAND = b"\x17\x08\0calc.exe"
EXEC = record(0x06, bytes(20) + struct.pack("<H", 16) + COMMAND + b"\x22\x01\x6e\0")
HALT = record(0x06, bytes(20) + b"\3\0\x21\x36\0")


def lines_of(workbook: bytes) -> list[str]:
    members = list(read_macro_sheets(whole(workbook), Budget(lambda: 0.0)))
    return members[0].content.raw.decode().split("\n") if members else []


def test_sheets_names_functions_and_texts() -> None:
    """What starts by itself, and what it calls."""
    workbook = BEGIN + SHEET + AUTO_OPEN + AUTO_OPEN_AS_TEXT + END + MACRO_BEGIN + EXEC + HALT + END
    assert lines_of(workbook) == [
        FIRST_LINE,
        "sheet Macro1 (very hidden)",
        "name Auto_Open",
        "name auto_open77",
        "function EXEC",
        "text calc.exe",
        "function HALT",
    ]


def test_a_macro_sheet_that_the_workbook_does_not_list() -> None:
    """The sheet itself says what it is."""
    assert "function EXEC" in lines_of(BEGIN + PLAIN_SHEET + END + MACRO_BEGIN + EXEC + END)


def test_formulas_of_plain_sheets_are_nothing() -> None:
    assert lines_of(BEGIN + PLAIN_SHEET + AUTO_OPEN + END + BEGIN + EXEC + END) == []
    assert lines_of(b"") == []


def test_a_cut_record_ends_the_reading() -> None:
    workbook = BEGIN + SHEET + AUTO_OPEN + END + MACRO_BEGIN + EXEC
    for cut in range(len(workbook)):
        lines_of(workbook[:cut])


@pytest.mark.parametrize(
    ("workbook", "expected"),
    [
        (BEGIN + record(0x2F, bytes(54)), True),
        (BEGIN + record(0x86) * 20 + record(0x2F, bytes(54)), True),
        (BEGIN + SHEET + END, False),
        (record(0x2F, bytes(54)), False),
        (b"", False),
    ],
)
def test_whether_the_rest_is_encrypted(workbook: bytes, expected: bool) -> None:
    """By its own record, near the beginning."""
    assert is_locked(whole(workbook), Budget(lambda: 0.0)) is expected


@given(st.lists(st.tuples(st.sampled_from([0x809, 0x85, 0x18, 0x06, 0x2F]), st.binary(max_size=40)), max_size=20))
def test_any_records(records: list[tuple[int, bytes]]) -> None:
    """Nothing raises."""
    workbook = b"".join(record(number, content) for number, content in records)
    lines_of(workbook)
    is_locked(whole(workbook), Budget(lambda: 0.0))
