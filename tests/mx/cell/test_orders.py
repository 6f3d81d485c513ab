"""Orders and notices."""

import pytest

from mx.cell.opening import PAGE_OCTETS, OpeningPage
from mx.cell.orders import (
    ORDER_OCTETS,
    Buried,
    Forked,
    NoticeReader,
    Order,
    buried_octets,
    forked_octets,
    order_octets,
    read_order,
)


@pytest.mark.parametrize("order", Order)
def test_an_order_survives_the_wire(order: Order) -> None:
    """It has one size, whatever it is."""
    raw = order_octets(order, 70_000)
    assert (len(raw), read_order(raw)) == (ORDER_OCTETS, (order, 70_000))


def test_notices_are_the_same_in_any_pieces() -> None:
    """Octet by octet, and all at once."""
    page = OpeningPage()
    page.note("ab" * 32, "zip")
    raw = forked_octets(1, 4711) + buried_octets(1, -9, page.read()) + buried_octets(2, 0, bytes(PAGE_OCTETS))
    page.close()
    whole, single = NoticeReader(), NoticeReader()
    notices = list(whole.feed(raw))
    assert [notice for octet in raw for notice in single.feed(bytes([octet]))] == notices
    first, second, third = notices
    assert (first, third) == (Forked(1, 4711), Buried(2, 0, None))
    assert isinstance(second, Buried)
    assert second.opening is not None
    assert (second.exit_code, second.opening.kind, second.opening.sha256) == (-9, "zip", "ab" * 32)


@pytest.mark.parametrize("raw", [b"\x09\0\0\0\0", b"\0\0\0\0\0"])
def test_an_order_of_no_kind_is_a_bug(raw: bytes) -> None:
    """It is not carried out as another."""
    with pytest.raises(ValueError, match="Order"):
        read_order(raw)
