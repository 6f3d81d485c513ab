"""What a zip needs libraries for."""

import inflate64

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.zip.directory import ZipEntry
from mx.anatomy.containers.zip.libraries import deep_tools, unpack_deflate64
from mx.anatomy.containers.zip.members import LIGHT_TOOLS

BUDGET = Budget(lambda: 0.0)


def _deflated64(content: bytes) -> bytes:
    stream = inflate64.Deflater()
    return stream.deflate(content) + stream.flush()


def test_deflate64_is_unpacked_in_pieces() -> None:
    """Large content, and what breaks."""
    content = bytes(range(256)) * 4000
    packed = _deflated64(content)
    assert unpack_deflate64(packed, 0, len(packed), BUDGET).octets == content
    assert not unpack_deflate64(packed, 0, len(packed) // 2, BUDGET).is_complete
    assert not unpack_deflate64(b"\xff" * 99, 0, 99, BUDGET).is_complete


def test_without_libarchive_what_is_encrypted_stays_so() -> None:
    """And PPMd is no method; all that the light tools read is read."""
    tools = deep_tools(None)
    assert tools.methods.keys() == {*LIGHT_TOOLS.methods, 9, 20, 93}
    assert tools.decrypt is not None
    assert tools.decrypt(whole(bytes(99)), ZipEntry(("a",), 1, 0, 0, 0, 99, 87, 0), b"secret", BUDGET) is None
