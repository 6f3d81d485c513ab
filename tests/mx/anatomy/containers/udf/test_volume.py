"""UDF volumes: what is read of them before any file."""

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.udf.volume import Broken, Place, read_volume
from tests.corpus.formats.udf import udf_image

IMAGE = udf_image({"a": b"content"})


def test_the_root_folder_is_found() -> None:
    """By anchor, descriptors and map."""
    found = read_volume(whole(IMAGE), Budget(lambda: 0.0))
    assert found is not None
    volume, root = found
    assert (volume.block_octets, volume.maps, volume.entry(root).kind) == (2048, [300], 4)


def test_octets_without_an_anchor_are_no_volume() -> None:
    """Whatever marks they have."""
    assert read_volume(whole(bytes(1 << 20)), Budget(lambda: 0.0)) is None


def test_the_copy_of_the_anchor_does() -> None:
    """The last block has one."""
    last = len(IMAGE) // 2048
    anchor = bytearray(IMAGE[256 * 2048 : 257 * 2048])
    anchor[12:16] = last.to_bytes(4, "little")
    moved = IMAGE[: 256 * 2048] + bytes(2048) + IMAGE[257 * 2048 :] + bytes(anchor)
    assert read_volume(whole(moved), Budget(lambda: 0.0)) is not None


@pytest.mark.parametrize("place", [Place(9, 0, 1), Place(0, 99_999, 1), Place(0, 0, 1 << 30)])
def test_what_lies_outside_is_broken(place: Place) -> None:
    """Of the partition's map, or of the image."""
    found = read_volume(whole(IMAGE), Budget(lambda: 0.0))
    assert found is not None
    with pytest.raises(Broken):
        found[0].read(place)
