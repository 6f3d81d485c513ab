"""The certificate that a handshake asks for by name, from files that change while it runs."""

import os
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from OpenSSL import SSL
from twisted.logger import globalLogPublisher

from pratique.secrets.certificate import CertificateError, context_factory
from tests.contracts.tls import make_certificate
from tests.pratique.secrets.test_certificate import HOSTNAME, shake_hands, unchecking_client

ONE, DEEP = "one.mx.example", "deep.one.mx.example"


def put(folder: Path, file: str, name: str, *, is_apart: bool = False) -> None:
    """A certificate for this name in a file; its key beside it when `is_apart`."""
    chain, key = make_certificate(name)
    if is_apart:
        (folder / f"{file}.key").write_bytes(key)
    (folder / f"{file}.pem").write_bytes(chain if is_apart else chain + key)


def shown(server: SSL.Context, asked: str) -> str:
    """The common name of the certificate that is shown."""
    certificate, _ = shake_hands(server, unchecking_client(), asked)
    return str(x509.load_der_x509_certificate(certificate).subject.rfc4514_string()).removeprefix("CN=")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty one."""
    (tmp_path / "named").mkdir()
    return tmp_path / "named"


def serve(folder: Path) -> SSL.Context:
    return context_factory(None, None, folder.parent, HOSTNAME, folder).getContext()


@pytest.fixture
def heard() -> Any:
    """What was logged meanwhile."""
    events: list[dict[str, Any]] = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


def test_each_name_has_its_own_certificate(folder: Path) -> None:
    """In any case; right below `_`, and not deeper; the one for all where there is none."""
    put(folder, ONE, ONE)
    put(folder, "two.mx.example", "two.mx.example", is_apart=True)
    put(folder, "_.mx.example", "*.mx.example")
    server = serve(folder)
    for asked, name in (
        (ONE, ONE),
        (ONE.upper(), ONE),
        ("two.mx.example", "two.mx.example"),
        ("three.mx.example", "*.mx.example"),
        (DEEP, HOSTNAME),
        ("mx.example", HOSTNAME),
        (HOSTNAME, HOSTNAME),
    ):
        assert shown(server, asked) == name, asked


def test_files_that_change_are_read_again(folder: Path) -> None:
    """New ones, others in their place, and ones that are gone."""
    server = serve(folder)
    assert shown(server, ONE) == HOSTNAME
    put(folder, ONE, "first.example")
    assert shown(server, ONE) == "first.example"
    put(folder, "draft", "second.example")
    os.replace(folder / "draft.pem", folder / f"{ONE}.pem")
    assert shown(server, ONE) == "second.example"
    (folder / f"{ONE}.pem").unlink()
    assert shown(server, ONE) == HOSTNAME


def test_a_broken_file_is_told_once_and_changes_nothing(folder: Path, heard: list[dict[str, Any]]) -> None:
    """What was read before is shown on; the one for all where there was nothing."""
    put(folder, ONE, ONE)
    server = serve(folder)
    for broken in ("nonsense", (folder / f"{ONE}.pem").read_text().partition("-----BEGIN EC")[0][:200]):
        (folder / f"{ONE}.pem").write_text(broken)
        (folder / "two.mx.example.pem").write_text(broken)
        for _ in range(3):
            assert shown(server, ONE) == ONE
            assert shown(server, "two.mx.example") == HOSTNAME
    told = [event["file"] for event in heard if event.get("log_format") == "smtp.certificate-not-used"]
    assert len(told) == 4


@pytest.mark.parametrize("asked", ["..%2fx.example", "a/../../x.example", "nodots", "a..b", "x" * 200 + ".example"])
def test_a_name_that_is_none_opens_no_file(folder: Path, asked: str) -> None:
    """Whatever a client sends, it is looked for only when it is a host name."""

    class Handshake:
        def get_servername(self) -> bytes:
            return asked.encode()

        def set_context(self, context: object) -> None:
            raise AssertionError("a certificate was chosen")

    from pratique.secrets.named_certificates import NamedCertificates

    def make(chain: Path, key: Path) -> SSL.Context:
        raise AssertionError(f"{chain} was opened")

    NamedCertificates(folder, make).choose(Handshake())  # type: ignore[arg-type]


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """With one sentence."""
    with pytest.raises(CertificateError, match="is not there"):
        context_factory(None, None, tmp_path, HOSTNAME, tmp_path / "absent")
