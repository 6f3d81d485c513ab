"""Why the DNS gave no records."""


class DnsFailed(Exception):
    """Nobody answered, or with a failure: another time there may be an answer."""


class NoSuchName(Exception):
    """The answer is that there is no such name (NXDOMAIN)."""
