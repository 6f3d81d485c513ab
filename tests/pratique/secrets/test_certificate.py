"""The certificate for STARTTLS."""

import contextlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from OpenSSL import SSL

from pratique.secrets.certificate import CertificateError, context_factory
from tests.contracts.tls import make_certificate

HOSTNAME = "mx.pratique.example"


def shake_hands(server: SSL.Context, client: ssl.SSLContext, asked: str = HOSTNAME) -> tuple[bytes, str | None]:
    """A handshake in memory: the server's certificate as DER, and the TLS version."""
    serving = SSL.Connection(server, None)
    serving.set_accept_state()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(incoming, outgoing, server_hostname=asked)
    for _ in range(4):
        for step in (asking.do_handshake, serving.do_handshake):
            with contextlib.suppress(ssl.SSLWantReadError, SSL.WantReadError):
                step()
            if step == asking.do_handshake and outgoing.pending:
                serving.bio_write(outgoing.read())
        with contextlib.suppress(SSL.WantReadError):
            incoming.write(serving.bio_read(1 << 16))
    return asking.getpeercert(binary_form=True) or b"", asking.version()


def unchecking_client(most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A sender that encrypts and checks nothing."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = most
    return client


def test_one_is_made_and_kept(tmp_path: Path) -> None:
    """For our name, readable by its owner alone, the same at the next start, no draft left behind."""
    first = context_factory(None, None, tmp_path, HOSTNAME)
    made = (tmp_path / "smtp-certificate.pem").read_bytes()
    shown, version = shake_hands(first.getContext(), unchecking_client())
    assert version == "TLSv1.3"
    names = x509.load_der_x509_certificate(shown).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == [HOSTNAME]
    context_factory(None, None, tmp_path, "other.example")
    assert (tmp_path / "smtp-certificate.pem").read_bytes() == made
    assert [file.name for file in tmp_path.iterdir()] == ["smtp-certificate.pem"]
    assert (tmp_path / "smtp-certificate.pem").stat().st_mode & 0o777 == 0o600


def test_a_name_longer_than_a_common_name_is_cut_there_only(tmp_path: Path) -> None:
    """X.509 takes 64 characters in the common name, the alternative name takes all."""
    name = "a" * 60 + ".pratique.example"
    shown, _ = shake_hands(context_factory(None, None, tmp_path, name).getContext(), unchecking_client())
    names = x509.load_der_x509_certificate(shown).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == [name]


def test_the_operators_own_is_used(tmp_path: Path) -> None:
    """A sender that checks our name against it is content."""
    certificate, key = make_certificate(HOSTNAME)
    (tmp_path / "chain.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    factory = context_factory(tmp_path / "chain.pem", tmp_path / "key.pem", tmp_path, HOSTNAME)
    shown, _ = shake_hands(factory.getContext(), unchecking_client())
    assert shown == ssl.PEM_cert_to_DER_cert(certificate.decode())
    assert not (tmp_path / "smtp-certificate.pem").exists()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_nothing_below_tls_1_2(tmp_path: Path) -> None:
    """A client of 2006 gets no session; one of 2008 does."""
    server = context_factory(None, None, tmp_path, HOSTNAME).getContext()
    assert shake_hands(server, unchecking_client(ssl.TLSVersion.TLSv1_2))[1] == "TLSv1.2"
    old = unchecking_client(ssl.TLSVersion.TLSv1_1)
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, SSL.Error), match="protocol"):
        shake_hands(server, old)


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A missing file, a key of another certificate, and no certificate at all: one sentence each."""
    certificate, _ = make_certificate(HOSTNAME)
    _, other_key = make_certificate(HOSTNAME)
    chain, key, nonsense = tmp_path / "chain.pem", tmp_path / "key.pem", tmp_path / "nonsense.pem"
    chain.write_bytes(certificate)
    key.write_bytes(other_key)
    nonsense.write_text("nonsense")
    with pytest.raises(CertificateError, match=r"cannot be read: .*absent\.pem: No such file or directory\.$"):
        context_factory(chain, tmp_path / "absent.pem", tmp_path, HOSTNAME)
    for pair in ((chain, key), (nonsense, key), (chain, nonsense)):
        with pytest.raises(CertificateError, match=r"^The certificate .* cannot be used together\.$"):
            context_factory(*pair, tmp_path, HOSTNAME)
