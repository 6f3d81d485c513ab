"""The URL of a database, as people write it for PostgreSQL's own programs, with one host or with several.

Comes in: `sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST:PORT,HOST:PORT/NAME?option=value`. Goes out: the URL as
SQLAlchemy has it, with several hosts in its query. With `target_session_attrs=read-write` the one is found that takes
writes: the new primary, when a standby was promoted. Pure.

Failure: ValueError for what is no such URL.
"""

from urllib.parse import quote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

KINDS = ("sqlite", "postgresql")


def parse_url(text: str) -> URL:
    """The URL. Raises ValueError."""
    try:
        parsed = make_url(_with_hosts_in_query(text))
    except (ArgumentError, ValueError) as error:
        raise ValueError("is no URL of a database") from error
    if parsed.get_backend_name() not in KINDS:
        raise ValueError("is no URL of a database that is known here")
    return parsed


def _with_hosts_in_query(text: str) -> str:
    scheme, mark, rest = text.partition("://")
    place, slash, name = rest.partition("/")
    login, at, hosts = place.rpartition("@")
    if "," not in hosts:
        return text
    path, _, query = name.partition("?")
    options = [f"host={quote(host, safe=':[]')}" for host in hosts.split(",")] + ([query] if query else [])
    return f"{scheme}{mark}{login}{at}{slash or '/'}{path}?{'&'.join(options)}"
