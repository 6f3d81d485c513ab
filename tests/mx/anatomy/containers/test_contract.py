"""What readers of containers give."""

from mx.anatomy.containers.contract import Stretch, whole


def test_a_stretch_is_a_content() -> None:
    """Octets and chunks agree; an empty stretch has no chunk."""
    stretch = Stretch(b"abcdef", 1, 4)
    assert (stretch.octets, stretch.raw, list(stretch.chunks())) == (3, b"bcd", [b"bcd"])
    assert list(whole(b"").chunks()) == []
