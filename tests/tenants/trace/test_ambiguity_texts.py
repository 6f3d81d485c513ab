"""The explanations of ambiguities."""

from pathlib import Path

from mx.anatomy.ambiguities import AmbiguityName
from tenants.trace.ambiguity_texts import EXPLANATIONS, describe, explain

DOCUMENT = Path(__file__).parents[3] / "docs" / "ambiguities.md"


def test_every_ambiguity_is_explained_and_nothing_else() -> None:
    """One sentence for each name that the anatomy can give."""
    names = {name.value for name in AmbiguityName}
    assert all(explain(name).endswith(".") for name in names), [name for name in names if not explain(name)]
    assert set(EXPLANATIONS) <= names


def test_an_unknown_name_has_no_explanation() -> None:
    """The portal then shows the name alone."""
    assert explain("no-such-thing") == ""


def test_the_document_is_the_table() -> None:
    """`docs/ambiguities.md` is what `python -m tenants.trace.ambiguity_texts` prints."""
    assert DOCUMENT.read_text(encoding="utf-8") == describe()
