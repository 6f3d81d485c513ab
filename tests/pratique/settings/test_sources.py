"""Where settings come from: who wins, what is refused, and how they reach a child process."""

from pathlib import Path

import pytest

from pratique.settings.settings import Address, LogLevel, Settings, SettingsError
from pratique.settings.sources import read_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """Each source is asked only for what the one before does not name."""
    (tmp_path / "pratique.toml").write_text('size = "1MB"\nclamd_max = "2MB"\ncells = 3\n')
    environment = {"PRATIQUE_SIZE": "4MB", "PRATIQUE_CLAMD_MAX": "5MB"}
    settings = read_settings({"size": "6MB"}, environment)
    assert (settings.size, settings.clamd_max, settings.cells) == (6 * 1024**2, 5 * 1024**2, 3)


def test_a_flag_or_variable_that_is_empty_counts_as_not_given() -> None:
    """An empty variable in a unit file does no harm."""
    flags = {"size": None, "smtp": (), "data": None}
    assert read_settings(flags, {"PRATIQUE_SIZE": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("DATA", "/srv/mail", Path("/srv/mail")),
        ("DATABASE_URL", "postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("CLAMD", "none", ()),
        ("CLAMD", "unix:/run/c.ctl, tcp:[::1]:3310", ("unix:/run/c.ctl", "tcp:[::1]:3310")),
        ("SMTP", "127.0.0.1:25,[::1]:25", (Address("127.0.0.1", 25), Address("::1", 25))),
        ("RETRY", "1s,2s,5s", (1.0, 2.0, 5.0)),
        ("QUEUE_LIFETIME", "5d", 432000.0),
        ("ALLOW_PRIVATE_ROUTES", "on", True),
        ("CLIENT_CONNECTIONS", "0", 0),
        ("PORTAL_URL", "https://mail.example/", "https://mail.example"),
        ("LOG_LEVEL", "WARNING", LogLevel.WARNING),
    ],
)
def test_a_variable_gives_its_value(name: str, text: str, value: object) -> None:
    """Each form that the page of settings promises."""
    settings = read_settings(environment={f"PRATIQUE_{name}": text})
    assert getattr(settings, name.lower()) == value


def test_the_file_may_use_lists_numbers_and_booleans(tmp_path: Path) -> None:
    """TOML's own types mean what their text form means."""
    path = tmp_path / "other.toml"
    path.write_text('smtp = ["127.0.0.1:1", "127.0.0.1:2"]\nretry = [1, 2.5]\nallow_private_routes = true\n')
    settings = read_settings(environment={}, config=path)
    assert [address.port for address in settings.smtp] == [1, 2]
    assert settings.retry == (1.0, 2.5)
    assert settings.allow_private_routes


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PRATIQUE_CLAMDMAX": "1M"}, "There is no setting PRATIQUE_CLAMDMAX; the nearest is PRATIQUE_CLAMD_MAX."),
        ({"PRATIQUE_SIZE": "big"}, "PRATIQUE_SIZE: 'big' is not a size: write it like 50MB, 25M or 1048576."),
        ({"PRATIQUE_SIZE": "1"}, "PRATIQUE_SIZE: '1' is outside 64K to 2G."),
        ({"PRATIQUE_WORKERS": "0"}, "PRATIQUE_WORKERS: '0' is outside 1 to 64."),
        ({"PRATIQUE_SMTP": ","}, "PRATIQUE_SMTP: ',' names no address."),
        ({"PRATIQUE_RETRY": "0s"}, "PRATIQUE_RETRY: '0s' is not a list of waits: write it like 1m,5m,1h,"),
        ({"PRATIQUE_CLAMD": "localhost"}, "PRATIQUE_CLAMD: 'localhost' is not a clamd: write unix:/path,"),
        ({"PRATIQUE_CLAMD": "tcp:h"}, "PRATIQUE_CLAMD: 'tcp:h' is not an address"),
        ({"PRATIQUE_BLOBS": "s3://b/p"}, "PRATIQUE_BLOBS: 's3://b/p' names no bucket: 3 to 63 of a-z,"),
        ({"PRATIQUE_PORTAL_URL": "mail"}, "PRATIQUE_PORTAL_URL: 'mail' is not a web address"),
        ({"PRATIQUE_LOG_LEVEL": "loud"}, "PRATIQUE_LOG_LEVEL: 'loud' is not one of debug, info, warning, error."),
        ({"PRATIQUE_SMTP_TLS_KEY": "k.pem"}, "smtp_tls_certificate and smtp_tls_key are set together or not at all."),
    ],
)
def test_what_cannot_be_used_stops_with_one_plain_line(environment: dict[str, str], sentence: str) -> None:
    """The line names the setting as it was written."""
    with pytest.raises(SettingsError) as stopped:
        read_settings(environment=environment)
    assert str(stopped.value).startswith(sentence)
    assert "\n" not in str(stopped.value)


def test_a_secret_is_not_repeated_in_the_line() -> None:
    """A database URL may carry a password."""
    with pytest.raises(SettingsError) as stopped:
        read_settings(environment={"PRATIQUE_DATABASE_URL": "mysql://u:opensesame@h/d"})
    assert "opensesame" not in str(stopped.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sise = 1", "There is no setting sise in pratique.toml; the nearest is size."),
        ("size = ", "The settings file pratique.toml is not TOML: "),
        ("[smtp]\nhost = 1", "smtp in pratique.toml is a table; write smtp = VALUE."),
        ("cells = 'x'", "cells in pratique.toml: 'x' is not a whole number."),
    ],
)
def test_a_file_that_cannot_be_used_stops_with_one_plain_line(tmp_path: Path, text: str, sentence: str) -> None:
    """The line names the file."""
    (tmp_path / "pratique.toml").write_text(text)
    with pytest.raises(SettingsError) as stopped:
        read_settings(environment={})
    assert str(stopped.value).startswith(sentence)


def test_a_file_that_is_not_there_is_refused_only_when_named(tmp_path: Path) -> None:
    """A folder in place of the file is refused too."""
    assert read_settings(environment={}) == Settings()
    with pytest.raises(SettingsError, match=r"There is no settings file other\.toml\."):
        read_settings(environment={}, config=Path("other.toml"))
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_settings(environment={}, config=tmp_path)
