"""What clamd is shown instead of whole messages loses nothing: a tenth of the hidden cases; `make corpus` has all."""

import itertools

from twisted.internet import reactor
from twisted.trial.unittest import SkipTest, TestCase

from tests.corpus.clamd_views import NO_CACHE, compare
from tests.corpus.index import hidden_cases
from tests.servers.clamd_server import clamd_server
from tests.servers.program import ServerMissing


class ClamdViewsTest(TestCase):
    """A real clamd that knows EICAR."""

    timeout = 120

    async def test_nothing_that_clamd_finds_in_whole_messages_is_lost(self) -> None:
        """And more is found: it is shown what other readings of the message hold."""
        try:
            with clamd_server(NO_CACHE) as server:
                views = await compare(reactor, server.setting, itertools.islice(hidden_cases(), 0, None, 10))
        except ServerMissing as missing:
            raise SkipTest(str(missing)) from None
        assert views.cases >= 90 and views.lost == frozenset()
        assert len(views.shown) >= len(views.apart) > len(views.whole) > views.cases // 2
