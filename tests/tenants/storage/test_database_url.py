"""URLs as PostgreSQL's own programs take them."""

import pytest

from tenants.storage.database_url import parse_url


@pytest.mark.parametrize(
    ("written", "hosts", "name", "options"),
    [
        ("sqlite:////var/lib/x.sqlite", ("",), "/var/lib/x.sqlite", {}),
        ("postgresql://u@h/d", ("h",), "d", {}),
        ("postgresql://u@h:5433/d?sslmode=require", ("h",), "d", {"sslmode": "require"}),
        ("postgresql://u@h:1,i:2/d", ("h:1", "i:2"), "d", {}),
        (
            "postgresql://u:p%40%2C@h,i:2,[::1]:3/d?target_session_attrs=read-write&sslmode=require",
            ("h", "i:2", "[::1]:3"),
            "d",
            {"target_session_attrs": "read-write", "sslmode": "require"},
        ),
        ("postgresql://u:a,b@h/d", ("h",), "d", {}),
        ("postgresql://h,i", ("h", "i"), "", {}),
    ],
)
def test_one_host_or_several(written: str, hosts: tuple[str, ...], name: str, options: dict[str, str]) -> None:
    """A comma in a password is not one between hosts."""
    parsed = parse_url(written)
    query = dict(parsed.query)
    found = query.pop("host", None) or parsed.host or ""
    assert (found if isinstance(found, tuple) else (found,)) == hosts
    assert (parsed.database or "", query) == (name, options)


def test_the_password_is_what_it_was() -> None:
    assert parse_url("postgresql://u:p%40%2C@h,i/d").password == "p@,"


@pytest.mark.parametrize("written", ["", "x", "mysql://u@h/d", "postgresql://u@h:port/d", "postgresql+nothing", "://"])
def test_what_is_no_url_of_a_database_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no URL"):
        parse_url(written)
