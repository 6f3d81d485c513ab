"""Each source file has its test file at the same path below `tests/`."""

from tests.structure.source_tree import HOUSES, ROOT, assert_none, python_files

NOTHING_TO_TEST = ("__init__.py", "__main__.py")


def test_every_source_file_has_a_test_file() -> None:
    """`mx/smtp/octets.py` is tested by `tests/mx/smtp/test_octets.py`."""
    sources = [path for path in python_files(*HOUSES) if path.name not in NOTHING_TO_TEST]
    tests = {source: f"tests/{source.parent}/test_{source.name}" for source in sources}
    assert_none(f"{source}: no {test}" for source, test in tests.items() if not (ROOT / test).is_file())


def test_test_folders_are_no_packages() -> None:
    """pytest imports each test file by its path, so two may have the same name."""
    assert_none(path for path in python_files("tests") if path.name == "__init__.py")
