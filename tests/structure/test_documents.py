"""The documents say what the code does: settings, replies, decisions, standards."""

import ast
import re
from dataclasses import fields
from pathlib import Path

from mx import reply
from pratique.settings import settings
from tests.structure.source_tree import HOUSES, ROOT, assert_none, python_files, syntax_of, text_of

DOCS = ROOT / "docs"
DECISION = re.compile(r"(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md")
RFC = re.compile(r"\bRFCs? (\d{3,5})\b")


def test_settings_are_documented() -> None:
    """`docs/settings.md` is what `python -m pratique.settings.settings` writes."""
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == settings.describe()


def test_every_setting_is_used() -> None:
    """A setting that no file of the front door reads would promise what nothing keeps."""
    used = {
        node.attr
        for path in python_files("pratique")
        if path != Path("pratique/settings/settings.py")
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.Attribute)
    }
    assert_none(field.name for field in fields(settings.Settings) if field.name not in used)


def test_replies_are_documented() -> None:
    """`docs/replies.md` is the table of `mx/reply.py`."""
    assert (DOCS / "replies.md").read_text(encoding="utf-8") == reply.table()


def test_decisions_are_numbered_and_titled() -> None:
    """0001, 0002, ... without a gap, each file beginning with its title."""
    files = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [found.group(1) if (found := DECISION.fullmatch(path.name)) else path.name for path in files]
    assert numbers == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert_none(path.name for path in files if not path.read_text(encoding="utf-8").startswith("# "))


def test_every_standard_named_in_the_code_is_documented() -> None:
    """An RFC that a source file cites has its line in `docs/standards.md`."""
    documented = set(re.findall(r"^\| (?:RFC )?(\d{3,5}) ", (DOCS / "standards.md").read_text(encoding="utf-8"), re.M))
    cited = {(number, str(path)) for path in python_files(*HOUSES) for number in RFC.findall(text_of(path))}
    assert_none(sorted(f"RFC {number}: {path}" for number, path in cited if number not in documented))


def test_links_between_documents_lead_somewhere() -> None:
    """A relative link in README, docs or infra names a file that is there."""
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "infra").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert_none(broken)
