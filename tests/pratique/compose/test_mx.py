"""An `mx` process, composed of its real parts on the real reactor: alone, without a supervisor."""

import smtplib
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from pratique.compose.mx import compose_mx
from pratique.processes.listening import listen
from pratique.settings.settings import Address, Settings


def converse(port: int) -> tuple[bytes, dict[str, str], tuple[int, bytes]]:
    """In a thread: the name it greets with, what is offered, and the answer to an unknown domain, under TLS."""
    with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=20) as client:
        _, greeting = client.ehlo()
        client.starttls()
        client.ehlo()
        client.mail("a@s.example")
        return greeting, dict(client.esmtp_features), client.rcpt("anna@unknown.example")


class Receiving(TestCase):
    """One process with one listening socket."""

    async def test_it_receives_by_its_settings(self) -> None:
        """Name, size, STARTTLS and directory are those of its settings; it stops when it has drained."""
        with TemporaryDirectory() as folder:
            settings = Settings(data=Path(folder), clamd=(), cells=1, hostname="mx.example", size=1 << 20)
            sock = listen(Address("127.0.0.1", 0))
            port = sock.getsockname()[1]
            service = compose_mx(settings, reactor, [sock], "mx1")
            service.startService()
            try:
                greeting, features, refusal = await deferToThread(converse, port)
            finally:
                await service.stopService()
        assert greeting.startswith(b"mx.example")
        assert features["size"] == str(1 << 20)
        assert refusal[0] == 550 and refusal[1].startswith(b"5.1.2")
