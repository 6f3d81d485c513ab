"""A certificate of our own can be used, and files that are none say so."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from OpenSSL import SSL

from mx.smtp.certificate import CertificateError, TlsContextFactory, make_certificate


def write(folder: Path, hostname: str = "mx.example") -> tuple[Path, Path]:
    """A certificate and its key as files."""
    files = folder / f"{len(list(folder.iterdir()))}.crt", folder / f"{len(list(folder.iterdir()))}.key"
    for file, octets in zip(files, make_certificate(hostname), strict=True):
        file.write_bytes(octets)
    return files


def test_a_certificate_of_our_own_gives_a_context(tmp_path: Path) -> None:
    """One context, made once."""
    factory = TlsContextFactory(*write(tmp_path))
    assert isinstance(factory.getContext(), SSL.Context)
    assert factory.getContext() is factory.getContext()


def test_the_certificate_names_the_host_and_is_valid_for_years() -> None:
    """From a day before, because clocks differ; a long name stands in the subjectAltName alone."""
    hostname = "mx." + "x" * 63 + ".service.example"
    certificate = x509.load_pem_x509_certificate(make_certificate(hostname, datetime(2026, 1, 2, tzinfo=UTC))[0])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [hostname]
    assert certificate.not_valid_before_utc == datetime(2026, 1, 1, tzinfo=UTC)
    assert certificate.not_valid_after_utc.year == 2035


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    """The sentence names both."""
    chain, _ = write(tmp_path)
    _, key = write(tmp_path)
    with pytest.raises(CertificateError, match="not a certificate and its key"):
        TlsContextFactory(chain, key)
    with pytest.raises(CertificateError, match=r"missing\.key"):
        TlsContextFactory(chain, tmp_path / "missing.key")
