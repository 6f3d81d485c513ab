"""Scripts with a file behind them."""

import gzip

from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.script_archive import open_script_archive
from mx.anatomy.kinds import Kind, kinds
from tests.contracts.stepping import contents_of

PACKED = gzip.compress(b"content")


def test_gives_what_stands_behind_the_script() -> None:
    """From its first octets on."""
    script = b"#!/bin/sh\ntail -n +3 $0 | tar xz\n" + PACKED
    assert contents_of(open_script_archive, script) == [PACKED]
    assert Kind.SCRIPT_ARCHIVE in kinds(whole(script), "")


def test_a_script_alone_is_none() -> None:
    """Nor are other files that hold such octets."""
    assert Kind.SCRIPT_ARCHIVE not in kinds(whole(b"#!/bin/sh\nexit\n"), "")
    assert Kind.SCRIPT_ARCHIVE not in kinds(whole(b"words\n" + PACKED), "")
