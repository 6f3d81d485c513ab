"""YARA-X's state, as `pratique engines` shows it."""

from importlib.metadata import version

from mx.engines.yara import state
from twisted.trial.unittest import TestCase

from mx.cell.signatures import rules_version


class YaraState(TestCase):
    """It runs in the cells, so there is nothing to ask."""

    async def test_the_versions_of_library_and_rules_are_told(self) -> None:
        """Our own rules have a version, and no age."""
        told = await state()
        assert (told.engine, told.is_available, told.text) == ("yara", True, "ready")
        assert told.version == version("yara-x")
        assert told.signature_version == rules_version()
        assert told.signature_time is None
