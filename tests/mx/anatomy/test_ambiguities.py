"""The list of ambiguities."""

import re

from mx.anatomy.ambiguities import AmbiguityName


def test_names_are_fit_for_headers_and_traces() -> None:
    """Each is lower-case words with hyphens, and each stands once."""
    values = [name.value for name in AmbiguityName]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value) for value in values)
    assert len(set(values)) == len(AmbiguityName.__members__)
