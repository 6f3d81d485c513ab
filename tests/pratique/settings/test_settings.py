"""Settings: their defaults, what follows from what, and the page that documents them."""

from dataclasses import fields
from pathlib import Path

import pytest

from pratique.settings.blob_place import Bucket
from pratique.settings.settings import PREFIX, Address, Settings, SettingsError, describe

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_of_settings_matches_the_code() -> None:
    """`docs/settings.md` is what `python -m pratique.settings.settings` prints."""
    assert PAGE.read_text(encoding="utf-8") == describe()


def test_every_setting_is_documented_with_default_unit_and_meaning() -> None:
    """No column is empty, and no setting is left out."""
    for setting in fields(Settings):
        assert f"| `{PREFIX}{setting.name.upper()}` | " in describe()
        assert all(setting.metadata[column] for column in ("default", "unit", "meaning"))


def test_defaults_follow_from_the_data_folder_the_hostname_and_the_portal() -> None:
    """One setting moved moves what hangs on it."""
    settings = Settings(data=Path("/srv/mail"), hostname="mx.example", portal=Address("::1", 80))
    assert settings.database_url == "sqlite:////srv/mail/pratique.sqlite"
    assert settings.blobs == Path("/srv/mail/blobs")
    assert settings.master_key == "/srv/mail/master.key"
    assert settings.service_domain == "mx.example"
    assert settings.portal_url == "http://[::1]:80"


def test_what_is_set_is_not_filled_in() -> None:
    """A value given stays as it is."""
    settings = Settings(
        blobs=Path("/mail"),
        database_url="postgresql://h/d",
        master_key="/k",
        service_domain="s",
        portal_url="https://p",
    )
    assert (settings.blobs, settings.database_url, settings.master_key) == (Path("/mail"), "postgresql://h/d", "/k")
    assert (settings.service_domain, settings.portal_url) == ("s", "https://p")


def test_a_bucket_is_no_disk() -> None:
    """Only folders of this machine can be full."""
    assert Settings(data=Path("/d")).disks == (Path("/d"), Path("/d/blobs"))
    assert Settings(data=Path("/d"), blobs=Bucket("mail", "sealed")).disks == (Path("/d"),)


def test_secrets_are_not_shown() -> None:
    """The text form of settings may stand in a log."""
    shown = repr(Settings(database_url="postgresql://u:opensesame@h/d", master_key="opensesame"))
    assert "opensesame" not in shown


def test_mail_for_our_postmaster_does_not_come_back_to_us() -> None:
    """It would go round for ever."""
    with pytest.raises(SettingsError, match="postmaster is a mailbox of this service itself"):
        Settings(hostname="mx.example", postmaster="ops@MX.example")


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(clamd=(), smtp=(Address("::1", 0), Address("0.0.0.0", 25)), retry=(0.25, 7.0), master_key="/k"),
        Settings(clamd=("unix:/c",), smtp_tls_certificate=Path("a"), smtp_tls_key=Path("b"), allow_private_routes=True),
        Settings(blobs=Bucket("mail", "sealed"), s3_endpoint="https://s3.example"),
    ],
)
def test_a_line_brings_the_same_settings_to_a_child(settings: Settings) -> None:
    """No other source is asked, and nothing is lost."""
    line = settings.to_json()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert Settings.from_json(line) == settings
