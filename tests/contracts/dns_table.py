"""The DNS as a table, for what asks it through `mx.authentication.questions.Dns`."""

from collections.abc import Mapping, Sequence

from mx.authentication.questions import DnsFailed

Table = Mapping[str, Sequence[str]]


class DnsTable:
    """`{"TXT a.example": [...]}`; a name in `broken` has no answer. Every question is kept."""

    def __init__(self, table: Table, broken: frozenset[str] = frozenset()) -> None:
        self.table, self.broken = table, broken
        self.asked: list[str] = []

    def _look(self, kind: str, name: str) -> Sequence[str]:
        self.asked.append(f"{kind} {name}")
        if name in self.broken:
            raise DnsFailed(name)
        return self.table.get(f"{kind} {name}", ())

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """TXT records."""
        return tuple(text.encode() for text in self._look("TXT", name))

    async def addresses(self, name: str, version: int) -> tuple[str, ...]:
        """A or AAAA records."""
        return tuple(self._look("AAAA" if version == 6 else "A", name))

    async def mail_exchangers(self, name: str) -> tuple[str, ...]:
        """MX records."""
        return tuple(self._look("MX", name))

    async def names(self, address: str) -> tuple[str, ...]:
        """PTR records."""
        return tuple(self._look("PTR", address))
