"""Entries of a directory -> the local parts of a domain's recipients. Pure.

Comes in: for each entry its name and the values of ATTRIBUTES. Goes out: local parts, and what was skipped.
`proxyAddresses` holds addresses of many systems, each with its kind in front: those of `smtp:` are read (in capitals it
is the main one), others are passed over without a word.

Failure: nothing here fails. An entry without an address, an address of another domain and one that cannot be one are
skipped, counted, and the first few are named in a form that can be shown to anybody.
"""

from collections.abc import Mapping, Sequence

from tenants.recipients.skipped_entries import Skipped

ATTRIBUTES = ("mail", "proxyAddresses", "otherMailbox")
MOST_NAMED = 5
_MOST_LETTERS = 80
_LONGEST_LOCAL_PART = 64
"""RFC 5321 section 4.5.3.1.1."""
_PREFIXED = frozenset({"proxyaddresses", "othermailbox"})


class People:
    """Collects the recipients of one domain, entry by entry."""

    def __init__(self, domain: str) -> None:
        """`domain` in its canonical spelling."""
        self._domain = domain
        self._count = 0
        self._first: list[str] = []
        self.local_parts: set[str] = set()

    @property
    def skipped(self) -> Skipped:
        """What was no address of the domain."""
        return Skipped(self._count, tuple(self._first))

    def take(self, name: str, attributes: Mapping[str, Sequence[bytes]]) -> None:
        """One entry; `attributes` by their names, in whatever letters."""
        found = 0
        for attribute, values in attributes.items():
            # An attribute may come with options: `mail;lang-en` (RFC 4512 section 2.5).
            kind = attribute.partition(";")[0].lower()
            for value in values:
                found += self._take_value(kind, value)
        if not found:
            self._skip("no address", name)

    def _take_value(self, kind: str, value: bytes) -> bool:
        """Whether it was an address at all, be it skipped."""
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            self._skip("no address", value.decode("latin-1"))
            return True
        if kind in _PREFIXED and ":" in text:
            prefix, _, text = text.partition(":")
            if prefix.lower() != "smtp":
                return False
        local_part, _, of = text.strip(" ").rpartition("@")
        if not is_local_part(local_part):
            self._skip("no address", text)
        elif _spelled(of) != self._domain:
            self._skip("another domain", text)
        else:
            self.local_parts.add(local_part.lower())
        return True

    def _skip(self, why: str, what: str) -> None:
        self._count += 1
        if len(self._first) < MOST_NAMED:
            self._first.append(f"{why}: {shown(what, _MOST_LETTERS)}")


def is_local_part(text: str) -> bool:
    """Whether somebody's mail can be sent to this without quoting it."""
    fits = 0 < len(text.encode("utf-8", "replace")) <= _LONGEST_LOCAL_PART
    return fits and not any(c.isspace() or not c.isprintable() or c in '"<>@,;:()[]\\' for c in text)


def shown(text: str, most: int) -> str:
    """A stranger's text as one line of at most so many letters."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: most + 1])
    return line if len(line) <= most else line[: most - 1] + "…"


def _spelled(domain: str) -> str:
    spelled = domain.rstrip(".").lower()
    if spelled.isascii():
        return spelled
    # Imported here because its tables take 30 ms to load and hardly any domain needs them.
    import idna

    try:
        return idna.encode(spelled, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""
