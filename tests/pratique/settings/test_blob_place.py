"""Where sealed mail is kept: folders, buckets, endpoints."""

from pathlib import Path

import pytest

from pratique.settings.blob_place import Bucket, parse_blobs, parse_s3_endpoint


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/srv/mail", Path("/srv/mail")),
        ("mail", Path("mail")),
        ("s3://mail", Bucket("mail", "")),
        ("s3://mail/", Bucket("mail", "")),
        (" s3://mail.example-1/sealed ", Bucket("mail.example-1", "sealed")),
        ("s3://mail/a/b=c/d_e/", Bucket("mail", "a/b=c/d_e")),
    ],
)
def test_a_place_is_understood(text: str, place: object) -> None:
    """And a bucket is written as it is read."""
    assert parse_blobs(text) == place
    assert parse_blobs(str(place)) == place


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gs://mail", "neither a folder nor a bucket"),
        ("s3://", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("s3://ab", "names no bucket"),
        ("s3://Mail", "names no bucket"),
        ("s3://key:secret@mail", "names no bucket"),
        ("s3://mail//a", "a prefix that cannot be"),
        ("s3://mail/a b", "a prefix that cannot be"),
        ("s3://mail/a?b", "a prefix that cannot be"),
    ],
)
def test_a_place_that_cannot_be_is_refused(text: str, why: str) -> None:
    """With what would do."""
    with pytest.raises(ValueError, match=why):
        parse_blobs(text)


def test_an_endpoint_is_a_web_address() -> None:
    """Without its last slash."""
    assert parse_s3_endpoint(" https://s3.example:9000/ ") == "https://s3.example:9000"
    assert parse_s3_endpoint("http://127.0.0.1:9000") == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    "text", ["s3.example", "ftp://s3.example", "https://", "https://u:p@s3.example", "http://a/?b"]
)
def test_another_endpoint_is_refused(text: str) -> None:
    """Credentials in it too: they would stand in process lists and logs."""
    with pytest.raises(ValueError, match="not the address of an S3 server"):
        parse_s3_endpoint(text)
