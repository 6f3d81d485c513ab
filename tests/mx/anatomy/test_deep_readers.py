"""The deep readers are all readers."""

from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.readers import LIGHT_READERS


def test_a_deep_cell_opens_everything_that_a_light_one_does() -> None:
    """No message is worse off in a deep cell."""
    assert LIGHT_READERS.by_kind.items() <= DEEP_READERS.by_kind.items()
    assert DEEP_READERS.is_deep
    assert not LIGHT_READERS.is_deep
