"""Things that must happen in one place only: each rule is a few lines, and names where its place is."""

import ast
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.structure.source_tree import HOUSES, assert_none, calls_of, dotted, imports_of, python_files, syntax_of

SYNCS = ("os.fsync", "os.fdatasync", "os.link")


def reactor_imports(path: Path) -> Iterator[int]:
    """The global reactor, imported or reached through its package."""
    for line, name in imports_of(path):
        if name == "twisted.internet.reactor" or name.startswith("twisted.internet.reactor."):
            yield line
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.Attribute) and dotted(node) in ("twisted.internet.reactor", "internet.reactor"):
            yield node.lineno


def commits(path: Path) -> Iterator[int]:
    """Calls that make rows durable."""
    return (call.lineno for call in calls_of(path) if dotted(call.func).endswith(".commit"))


def replies_made(path: Path) -> Iterator[int]:
    """Replies of ours put together by hand."""
    ours = {line for line, name in imports_of(path) if name in ("mx.reply.Reply", "mx.reply")}
    makers = ("Reply", "reply.Reply", "mx.reply.Reply") if ours else ()
    return (call.lineno for call in calls_of(path) if dotted(call.func) in makers)


def syncs(path: Path) -> Iterator[int]:
    """Bytes made durable, or given a name that others rely on: the function named, called or not."""
    for line, name in imports_of(path):
        if name in SYNCS:
            yield line
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.Attribute) and dotted(node) in SYNCS:
            yield node.lineno


RULES: list[tuple[str, Callable[[Path], Iterator[int]], str]] = [
    ("the reactor is imported by the front door, and handed down", reactor_imports, "pratique/*"),
    ("only the database commits", commits, "tenants/storage/database*.py"),
    ("only mx/reply.py writes replies", replies_made, "mx/reply.py"),
    ("only the blob store makes bytes durable", syncs, "tenants/storage/blobs/*"),
]


@pytest.mark.parametrize(("rule", "find", "place"), RULES, ids=[rule for rule, _, _ in RULES])
def test_has_one_place(rule: str, find: Callable[[Path], Iterator[int]], place: str) -> None:
    """Found nowhere but in its place."""
    elsewhere = [path for path in python_files(*HOUSES) if not fnmatch(str(path), place)]
    assert_none(f"{path}:{line}: {rule}" for path in elsewhere for line in find(path))


@pytest.mark.parametrize(
    ("find", "text"),
    [
        (reactor_imports, "from twisted.internet import reactor"),
        (reactor_imports, "def run():\n    from twisted.internet import reactor"),
        (reactor_imports, "import twisted.internet\ntwisted.internet.reactor.run()"),
        (commits, "session.commit()"),
        (commits, "self.session().commit()"),
        (replies_made, "from mx.reply import Reply\nReply(250, '', '')"),
        (replies_made, "from mx import reply\nreply.Reply(250, '', '')"),
        (syncs, "import os\nos.fsync(3)"),
        (syncs, "from os import fsync"),
        (syncs, "import os\ndef write(sync=os.fsync): ..."),
    ],
)
def test_a_breach_is_found(tmp_path: Path, find: Callable[[Path], Iterator[int]], text: str) -> None:
    """Each rule sees each way of breaking it."""
    source = tmp_path / "source.py"
    source.write_text(text)
    assert list(find(source))
