"""Signatures of requests: as Amazon publishes them, and as its own library makes them."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials
from hypothesis import given
from hypothesis import strategies as st

from tenants.encryption.aws_signature import Credentials, Scope, signed_fields, signing_key

OWN = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = Scope("us-east-1", "service")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_a_published_request_is_signed_as_published(method: str, signature: str) -> None:
    """get-vanilla and post-vanilla of Amazon's test suite."""
    fields = signed_fields(method, "/", {"host": "example.amazonaws.com"}, b"", OWN, SCOPE, AT)
    assert fields == {
        "host": "example.amazonaws.com",
        "x-amz-date": "20150830T123600Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}",
    }


def test_a_published_key_is_derived_as_published() -> None:
    """The example of Amazon's documentation."""
    key = signing_key(OWN, Scope("us-east-1", "iam"), datetime(2012, 2, 15, tzinfo=UTC))
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


@given(
    body=st.binary(max_size=200),
    token=st.none() | st.text("ABCxyz019+/=", min_size=1, max_size=60),
    secret=st.text("ABCxyz019+/=", min_size=1, max_size=40),
    target=st.text("ABCxyz. ", min_size=1, max_size=20).filter(lambda text: text.strip() == text),
)
def test_their_own_library_signs_alike(body: bytes, token: str | None, secret: str, target: str) -> None:
    """Whatever is asked, with and without a session token."""
    host = {"host": "kms.eu-central-1.amazonaws.com", "x-amz-target": target}
    theirs = AWSRequest("POST", "https://kms.eu-central-1.amazonaws.com/", data=body, headers=dict(host))
    signer = SigV4Auth(TheirCredentials("AKIDEXAMPLE", secret, token), "kms", "eu-central-1")
    signer.add_auth(theirs)
    at = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    who = Credentials("AKIDEXAMPLE", secret, token)
    own = signed_fields("POST", "/", host, body, who, Scope("eu-central-1", "kms"), at)
    assert own["authorization"] == theirs.headers["Authorization"]


def test_what_is_secret_is_not_shown() -> None:
    """Not in a traceback either."""
    assert "opensesame" not in repr(Credentials("A", "opensesame", "opensesame"))
