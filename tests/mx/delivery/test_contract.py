"""Delivery's values."""

import pytest

from mx.delivery.contract import NextHopReply
from tests.contracts.octets import transfer


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (NextHopReply(250, "2.0.0", "Ok: queued"), "250 2.0.0 Ok: queued"),
        (NextHopReply(550, "", "No"), "550 No"),
        (NextHopReply(451, "", ""), "451"),
    ],
)
def test_a_reply_reads_as_one_line(reply: NextHopReply, line: str) -> None:
    """What is missing leaves no gap."""
    assert reply.line == line


def test_a_transfer_declares_headers_and_content() -> None:
    """SIZE counts what Pratique puts on top as well."""
    assert transfer(headers=b"A: b\r\n", content=b"\r\nx\r\n").octets == 11
