"""The readers of a light cell, and what it hands on."""

import itertools

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded
from mx.anatomy.readers import LIGHT_READERS
from mx.anatomy.walker import walk
from tests.contracts.mail import attached, zipped

NO_TIME = itertools.repeat(0.0).__next__


def test_a_light_cell_opens_what_needs_no_library() -> None:
    """A zip is opened by the light readers."""
    anatomy = walk(attached(zipped(b"inside")), Budget(NO_TIME), LIGHT_READERS)
    assert not anatomy.findings
    assert any(content.raw == b"inside" for content in anatomy.contents)


def test_a_light_cell_hands_on_what_it_cannot_open() -> None:
    """A kind of a deep reader ends the walk without a word about the message."""
    with pytest.raises(DeeperCellNeeded):
        walk(attached(b"Rar!\x1a\x07\x01\0"), Budget(NO_TIME), LIGHT_READERS)
