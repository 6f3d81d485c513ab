"""`pratique keys`: rotated keys, and mail that is read as before; killed at any moment, and gone on with."""

import base64
from pathlib import Path

import pytest

from tests.faults.key_rotation import rotate_under_kills
from tests.pratique.commands.conftest import MESSAGE, Mail, Pratique
from tests.servers.s3_server import CREDENTIALS, S3Server


def test_keys_are_listed_without_being_shown(pratique: Pratique, mail: Mail) -> None:
    """Name, version, and how much is sealed with each."""
    mail.hold("EICAR")
    keys = pratique.ask("keys", "list")
    assert [(key["tenant"], key["version"], key["objects"]) for key in keys] == [("acme", 1, 2), ("operator", 1, 0)]
    assert set(keys[0]) == {"tenant", "version", "since", "objects"}
    assert "acme" in pratique.do("keys", "list")


def test_rotated_keys_open_what_is_held(pratique: Pratique, mail: Mail, tmp_path: Path) -> None:
    """Both kinds, one after the other."""
    number = mail.hold("EICAR")
    before = (pratique.data / "master.key").read_text()
    assert pratique.ask("keys", "rotate", "--tenant", "acme", "--grace", "0") == {"wrapped": 2}
    assert "The master key is rotated: 2 keys" in pratique.do("keys", "rotate", "--master")
    assert before not in (pratique.data / "master.key").read_text()
    assert [key["version"] for key in pratique.ask("keys", "list")] == [2, 1]
    pratique.do("quarantine", "export", str(number), "--output", str(tmp_path / "out.eml"))
    assert (tmp_path / "out.eml").read_bytes() == MESSAGE


def test_what_cannot_be_rotated_is_said(pratique: Pratique, mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither or both, nobody, and a key that is a setting itself."""
    assert pratique.run("keys", "rotate").exit_code == 2
    assert pratique.run("keys", "rotate", "--master", "--tenant", "acme").exit_code == 2
    assert "no tenant named 'nobody'" in pratique.refuse("keys", "rotate", "--tenant", "nobody")
    monkeypatch.setenv("PRATIQUE_MASTER_KEY", (pratique.data / "master.key").read_text().strip())
    assert "write it to a file" in pratique.refuse("keys", "rotate", "--master")


def test_a_rotation_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """A few kills here; `python -m tests.faults.key_rotation` does more."""
    result = rotate_under_kills(tmp_path, kills=4, objects=300, seed=1)
    assert (result.unreadable, result.old_keys, result.kills) == (0, 0, 4)
    assert result.objects >= 300


def test_the_master_key_moves_to_kms_and_back(
    pratique: Pratique, mail: Mail, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was held is read from each place, and no start goes by with the wrong one."""
    number = mail.hold("EICAR")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    file, kept = str(pratique.data / "master.key"), f"kms://{s3.new_kms_key()}?endpoint={s3.endpoint}"
    export = ("quarantine", "export", str(number), "--output")
    for step, (old, new) in enumerate([(file, kept), (kept, file)]):
        monkeypatch.setenv("PRATIQUE_MASTER_KEY", new)
        if new == kept:
            assert "wrapped by another master key" in pratique.refuse(*export, str(tmp_path / "not.eml"))
        assert pratique.ask("keys", "rotate", "--master", "--from", old) == {"wrapped": 2}
        assert pratique.ask("keys", "rotate", "--master") == {"wrapped": 2}
        pratique.do(*export, str(tmp_path / f"{step}.eml"))
        assert (tmp_path / f"{step}.eml").read_bytes() == MESSAGE
    assert pratique.run("keys", "rotate", "--tenant", "acme", "--from", file).exit_code == 2
    assert pratique.run("keys", "rotate", "--master", "--from", "key").exit_code == 2
    assert "cannot be read" in pratique.refuse("keys", "rotate", "--master", "--from", str(tmp_path / "no.key"))
    other = base64.b64encode(b"k" * 32).decode()
    monkeypatch.setenv("PRATIQUE_MASTER_KEY", other)
    assert "neither of these" in pratique.refuse("keys", "rotate", "--master", "--from", other)


def test_a_tenant_without_mail_is_not_waited_for(pratique: Pratique) -> None:
    """No message of its own can be under way with the old key but one that is told to come again."""
    pratique.do("tenant", "add", "idle")
    assert pratique.ask("keys", "rotate", "--tenant", "idle", "--grace", "86400") == {"wrapped": 0}
    assert [key["version"] for key in pratique.ask("keys", "list") if key["tenant"] == "idle"] == [2]
