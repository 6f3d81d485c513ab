"""Files and functions stay small enough to be read at once."""

from pathlib import Path

from tests.structure.source_tree import HOUSES, ROOT, assert_none, functions_of, python_files, text_of

FILE_LINES = 400
FUNCTION_LINES = 60
NARROWER = {"mx/intake.py": 200, "pratique/compose/*.py": 200}


def limit_of(path: Path) -> int:
    return min((limit for pattern, limit in NARROWER.items() if path.match(pattern)), default=FILE_LINES)


def lines_of(path: Path) -> int:
    return len(text_of(path).splitlines())


def test_no_file_is_longer_than_400_lines() -> None:
    """400 lines for a file, 200 for `intake.py` and for each file of `compose/`."""
    paths = python_files(*HOUSES, "migrations", "tests")
    too_long = [f"{path}: {lines_of(path)} of {limit_of(path)}" for path in paths if lines_of(path) > limit_of(path)]
    assert_none(too_long)


def test_no_template_is_longer_than_400_lines() -> None:
    """A template is a file that people read, too."""
    templates = [path.relative_to(ROOT) for house in HOUSES for path in (ROOT / house).rglob("*.html")]
    assert_none(f"{path}: {lines_of(path)}" for path in templates if lines_of(path) > FILE_LINES)


def test_no_function_is_longer_than_60_lines() -> None:
    """Counted from `def` to its last line, docstring included."""
    too_long = [
        f"{path}:{function.lineno} {function.name}: {length}"
        for path in python_files(*HOUSES, "migrations")
        if "versions" not in path.parts
        for function in functions_of(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert_none(too_long)
