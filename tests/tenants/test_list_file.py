"""A list in a text or CSV file: first fields, headings, and what is no text."""

from pathlib import Path

import pytest

from tenants.list_file import Line, read_lines
from tenants.refusals import Refusal


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", []),
        (b"Address,Name\r\nann,Ann\r\n\r\n,nobody\r\nben\r\n", [Line(2, "ann"), Line(5, "ben")]),
        (b'\xef\xbb\xbf"ann, a",x\n', [Line(1, "ann, a")]),
        (b"ann\naddress\n", [Line(1, "ann"), Line(2, "address")]),
    ],
)
def test_first_fields_are_read_with_their_lines(tmp_path: Path, raw: bytes, lines: list[Line]) -> None:
    """Only the first line can be a heading; empty fields say nothing."""
    path = tmp_path / "list.csv"
    path.write_bytes(raw)
    assert read_lines(path, ("address",)) == lines


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"a\x00b\n\x80"])
def test_what_is_no_text_is_refused(tmp_path: Path, raw: bytes) -> None:
    """With one sentence that names the file."""
    path = tmp_path / "list.csv"
    path.write_bytes(raw)
    with pytest.raises(Refusal, match=r"list\.csv cannot be read as text"):
        read_lines(path, ())
