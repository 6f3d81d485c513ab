"""Mail of our own, composed of its real parts on the real reactor."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from pratique.compose.next_hops import compose_next_hops
from pratique.compose.own_mail import compose_own_mail
from pratique.compose.storage import compose_storage
from pratique.settings.settings import Settings
from tenants.directory import Directory
from tenants.domains.routes import Route
from tests.contracts.customer_world import NOW


class OwnMailParts(TestCase):
    """On an empty data folder."""

    def test_what_is_written_is_signed_and_leads_to_the_portal(self) -> None:
        """By keys that are made at once; the way is the relay's where there is one."""
        with TemporaryDirectory() as folder:
            for relay in (None, "smtp://10.0.0.9:2525"):
                settings = Settings(data=Path(folder), relay=relay, portal_url="https://mail.example")
                storage = compose_storage(settings, reactor)
                direct = compose_next_hops(settings, reactor)
                directory = Directory(storage.threads, lambda: NOW, reactor.seconds)
                parts = compose_own_mail(settings, reactor, storage, direct, directory, "one")
                assert len(parts.writing.keys) == 2
                assert parts.writing.sign_in_address("abc") == "https://mail.example/signin/abc"
                assert parts.hops.relay == ((Route("smtp", "10.0.0.9", 2525),) if relay else ())
