"""An engine for Pratique: a text part that asks for a password is suspicious."""

from mx.engines.contract import EngineState, Purpose
from mx.finding import Finding, Found, NothingFound, Severity


class PasswordWords:
    name, purpose, canary = "password-words", Purpose.MALWARE, b"please send us your password"

    def __init__(self, reactor, settings):
        self._words = settings.get("words", "your password").encode()

    async def examine(self, artifacts, circumstances, deadline):
        asking = [a for a in artifacts if self._words in b"".join(a.content.chunks()).lower()]
        found = tuple(Finding(self.name, "Asks.For.Password", a.number, Severity.SUSPICIOUS) for a in asking)
        return Found(self.name, found) if found else NothingFound(self.name)

    async def state(self):
        return EngineState(self.name, is_available=True, text="ready", version="1")
