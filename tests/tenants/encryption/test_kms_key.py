"""`kms://KEY` as an operator writes it."""

import pytest

from tenants.encryption.kms_key import KmsKey, parse_kms_key

ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        (f"kms://{ARN}", None, KmsKey(ARN, "eu-central-1", "https://kms.eu-central-1.amazonaws.com")),
        (f"kms://{ARN}", "us-east-1", KmsKey(ARN, "eu-central-1", "https://kms.eu-central-1.amazonaws.com")),
        ("kms://alias/mail", "us-east-1", KmsKey("alias/mail", "us-east-1", "https://kms.us-east-1.amazonaws.com")),
        ("kms://k?region=cn-north-1", None, KmsKey("k", "cn-north-1", "https://kms.cn-north-1.amazonaws.com.cn")),
        ("kms://k?region=eu-1&endpoint=https://h:8/", None, KmsKey("k", "eu-1", "https://h:8")),
        ("kms://k?region=eu-1&endpoint=http://127.0.0.1:8", "us-1", KmsKey("k", "eu-1", "http://127.0.0.1:8")),
    ],
)
def test_a_key_is_read(text: str, region: str | None, key: KmsKey) -> None:
    """Region and endpoint follow from what is nearest."""
    assert parse_kms_key(text, region) == key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kms://", "names no key"),
        ("kms://a key", "names no key"),
        ("kms://k", "names no region"),
        ("kms://k?region=EU/../", "names no region"),
        ("kms://k?region=eu-1&colour=red", "knows only region= and endpoint="),
        ("kms://k?region=eu-1&endpoint=h", "no address"),
        ("kms://k?region=eu-1&endpoint=https://u:p@h", "no address"),
        ("kms://k?region=eu-1&endpoint=http://kms.example", "in the open"),
        ("kms://k?region=eu-1&endpoint=http://10.0.0.1", "in the open"),
    ],
)
def test_what_is_none_is_refused(text: str, said: str) -> None:
    """In the end of a sentence."""
    with pytest.raises(ValueError, match=said):
        parse_kms_key(text)
