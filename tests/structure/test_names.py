"""Names say what a thing is; a package's `__init__` says what the room is for, and nothing else."""

import ast
import re
from pathlib import Path

import pytest

from tests.structure.source_tree import HOUSES, assert_none, dotted, python_files, syntax_of, text_of

BANNED_NOUNS = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "manager", "handler", "processor"})
"""Whatever stands before them."""
BANNED_ALONE = frozenset({"base", "core", "service", "data", "info", "type", "types", "constant", "constants"})
TWISTED_SERVICES = ("Service", "MultiService", "TimerService")
UNFINISHED = re.compile(
    r"\b(TODO|FIXME|XXX|NotImplementedError)\b"
    r"|(?i:\b(stub|placeholder|simplified version|in production (you|we|this))\b)"
)


def words_of(name: str) -> list[str]:
    """`QueueManager` and `queue_manager` both give `queue`, `manager`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def says_nothing(name: str) -> bool:
    """Whether the name is a banned word, or ends in a noun that never says anything."""
    words = words_of(name)
    return bool(words) and (words[-1] in BANNED_NOUNS or (len(words) == 1 and words[0] in BANNED_ALONE))


def is_twisted_service(node: ast.ClassDef) -> bool:
    return any(dotted(parent).split(".")[-1] in TWISTED_SERVICES for parent in node.bases)


@pytest.mark.parametrize(
    ("name", "is_banned"),
    [
        ("utils", True),
        ("mail_utils", True),
        ("QueueManager", True),
        ("HTTPHandler", True),
        ("Base", True),
        ("constants", True),
        ("column_types", False),
        ("DataAsked", False),
        ("database", False),
        ("Typewriter", False),
        ("_Session", False),
    ],
)
def test_a_name_is_judged_by_its_noun(name: str, is_banned: bool) -> None:
    """The noun counts, what stands before it does not."""
    assert says_nothing(name) is is_banned


def test_no_module_or_folder_has_an_empty_name() -> None:
    """No `utils.py`, no `common/`."""
    parts = {part.removesuffix(".py"): path for path in python_files(*HOUSES, "tests") for part in path.parts}
    assert_none(path for name, path in parts.items() if says_nothing(name.removeprefix("test_")))


def test_no_class_has_an_empty_name() -> None:
    """No `MailManager`; only what is a Service of Twisted's is called one."""
    found = [
        f"{path}:{node.lineno} {node.name}"
        for path in python_files(*HOUSES)
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.ClassDef) and says_nothing(node.name) and not is_twisted_service(node)
    ]
    assert_none(found)


def has_docstring_only(path: Path) -> bool:
    body = syntax_of(path).body
    return len(body) == 1 and isinstance(body[0], ast.Expr) and ast.get_docstring(syntax_of(path)) is not None


def test_packages_hold_a_docstring_only() -> None:
    """Nothing is re-exported and nothing happens when a package is imported."""
    packages = [path for path in python_files(*HOUSES) if path.name == "__init__.py"]
    assert_none(path for path in packages if not has_docstring_only(path))


def test_every_folder_of_modules_is_a_package() -> None:
    """Only a folder with an `__init__` goes into the import contracts."""
    files = python_files(*HOUSES)
    assert_none(sorted({path.parent for path in files if path.parent / "__init__.py" not in files}))


def test_every_module_begins_with_its_manual_page() -> None:
    """A module without a docstring cannot be understood from `ls` and its head."""
    assert_none(path for path in python_files(*HOUSES) if not ast.get_docstring(syntax_of(path)))


def test_nothing_is_left_unfinished() -> None:
    """No word in the source announces that something is not done."""
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in python_files(*HOUSES)
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert_none(found)
