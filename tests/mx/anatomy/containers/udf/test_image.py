"""UDF images: what programs that mount them show."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, whole
from mx.anatomy.containers.udf.image import open_udf
from mx.anatomy.containers.udf.volume import read_volume
from tests.contracts.stepping import steps_of
from tests.corpus.formats.udf import udf_image

FILES = {
    "letter.txt": b"hello" * 500,
    "folder/numbers.bin": bytes(range(256)) * 40,
    "folder/\u00fcber \u4e2d.txt": b"x",
    "empty": b"",
}
SMALL = {"letter.txt": b"hello", "folder/b": b"other"}
BROKEN = Obstacle("udf-broken")


def files_of(image: bytes) -> tuple[dict[str, bytes], list[object]]:
    """Every file with its content, and whatever else was said."""
    steps = steps_of(open_udf, image)
    files = {step.name: step.content.raw for step in steps if isinstance(step, Member)}
    return files, [step for step in steps if not isinstance(step, Member)]


IMAGES = {
    "short lists": udf_image(FILES),
    "long lists": udf_image(FILES, form=1),
    "in pieces": udf_image(FILES, cuts=3),
    "small blocks": udf_image(FILES, block=512, cuts=2),
    "large blocks": udf_image(FILES, block=4096),
    "a metadata partition": udf_image(FILES, has_metadata=True, form=1, cuts=2),
}


@pytest.mark.parametrize("case", IMAGES)
def test_every_file_is_read(case: str) -> None:
    """Wherever its octets lie."""
    assert files_of(IMAGES[case]) == (FILES, [])


def test_contents_may_stand_in_the_entry() -> None:
    """Small files do."""
    assert files_of(udf_image(SMALL, form=3, block=4096)) == (SMALL, [])


def test_what_was_never_written_is_zeros() -> None:
    """As programs show it."""
    files, others = files_of(udf_image({"a": b"end"}, hole=5000))
    assert (files, others) == ({"a": bytes(5000) + b"end"}, [])


def test_streams_beside_a_file_are_read() -> None:
    """They come with it where the file system keeps them."""
    files, others = files_of(udf_image({"a": b"end"}, streams={"hidden": b"stream"}))
    assert (files, others) == ({"a": b"end", "a:hidden": b"stream"}, [])


@pytest.mark.skipif(shutil.which("genisoimage") is None, reason="genisoimage is not installed")
def test_an_image_of_another_program_is_read(tmp_path: Path) -> None:
    """UDF beside ISO 9660, as programs that burn discs write it."""
    for name, content in FILES.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    words = ["genisoimage", "-quiet", "-udf", "-J", "-R", "-input-charset", "utf-8", "-o", "disc.iso", "in"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert files_of((tmp_path / "disc.iso").read_bytes()) == (FILES, [])


DAMAGED = {
    "no anchor": IMAGES["short lists"][: 200 * 2048],
    "no root": IMAGES["short lists"][: 302 * 2048],
    "a content that lies behind the end": IMAGES["short lists"][:-3000],
    "an entry of another strategy": IMAGES["short lists"].replace(b"\4\0\0\0\1\0\0\x05", b"\0\x10\0\0\1\0\0\x05"),
    "an unknown partition map": IMAGES["short lists"].replace(b"\1\6\1\0\0\0", b"\3\6\1\0\0\0"),
    "a virtual partition": IMAGES["a metadata partition"].replace(b"*UDF Metadata", b"*UDF Virtual "),
    "a folder of nonsense": IMAGES["short lists"].replace(b"\1\1\3\0", b"\1\2\3\0"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_leads_nowhere_is_unscannable(case: str) -> None:
    """Whatever could be read before."""
    assert BROKEN in files_of(DAMAGED[case])[1]


def test_a_folder_within_itself_is_read_once() -> None:
    """And ends."""
    image = bytearray(udf_image({"folder/a": b"x", "b": b"y"}))
    found = read_volume(whole(bytes(image)), Budget(lambda: 0.0))
    assert found is not None
    _, root = found
    entries = [place for place in range(300 * 2048, len(image)) if image[place : place + 4] == b"\1\1\3\0"]
    (folder,) = [place for place in entries if image[place + 18] == 2]
    image[folder + 24 : folder + 28] = root.block.to_bytes(4, "little")
    assert files_of(bytes(image)) == ({"b": b"y"}, [])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), max_size=6), st.sampled_from(sorted(IMAGES)))
def test_mutated_images_raise_nothing(changes: list[tuple[int, int]], case: str) -> None:
    """Files, or an obstacle."""
    image = bytearray(IMAGES[case])
    places = [place for place, octet in enumerate(image[300 * 512 :], 300 * 512) if octet]
    for place, octet in changes:
        image[places[place * len(places) // 1000]] = octet
    files_of(bytes(image))
