"""The project's files as the structure tests see them: what is ours, by house, and its syntax trees."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSES = ("mx", "tenants", "portal", "pratique")


def python_files(*folders: str) -> tuple[Path, ...]:
    """Every Python file below `folders`, as a path from the root, sorted."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(sorted(path.relative_to(ROOT) for path in found))


@cache
def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def syntax_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path), filename=str(path))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls_of(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.Call):
            yield node


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, inside functions too: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for an expression of names and dots; what is not a name becomes `?`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def assert_none(found: Iterable[object]) -> None:
    """Fails with one line for each thing found."""
    listed = [str(thing) for thing in found]
    assert not listed, "\n".join([f"{len(listed)} found:", *listed])
