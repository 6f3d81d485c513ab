"""The blob store in a bucket: the contract on a server that works, and every fault of one that does not."""

import time
from collections.abc import Iterator

import pytest

from tenants.refusals import Refusal
from tenants.storage.blobs.contract import BlobMissing, new_name
from tenants.storage.blobs.s3 import PART_OCTETS, STRETCH_OCTETS, S3BlobStore
from tests.contracts.blob_store import BlobStoreContract
from tests.servers.s3_server import CREDENTIALS, S3Server
from tests.servers.scripted_s3 import Fault, ScriptedS3, scripted_s3

PATIENCE = 1.2
LARGE = PART_OCTETS + PART_OCTETS // 2
NAME = "ab" * 16


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bad() -> Iterator[ScriptedS3]:
    with scripted_s3() as script:
        yield script


def store_at(endpoint: str) -> S3BlobStore:
    return S3BlobStore("bucket", "mail", endpoint, patience_seconds=PATIENCE, request_seconds=0.4)


def large() -> Iterator[bytes]:
    """A little more than a part, in the pieces that a seal makes."""
    for start in range(0, LARGE, 65552):
        yield bytes([start % 251]) * min(65552, LARGE - start)


class TestS3BlobStore(BlobStoreContract):
    """The contract, fulfilled below a prefix of an empty bucket."""

    @pytest.fixture
    def store(self, s3: S3Server) -> S3BlobStore:
        return S3BlobStore(s3.new_bucket(), "some/where", s3.endpoint)


def test_an_object_is_its_name_below_the_prefix(s3: S3Server) -> None:
    """Other keys in the bucket are nobody's blobs, and are left alone."""
    bucket = s3.new_bucket()
    S3BlobStore(bucket, "", s3.endpoint).put(NAME, [b"another's"])
    store = S3BlobStore(bucket, "mail/sealed", s3.endpoint)
    store.put(NAME, [b"one", b"two"])
    assert s3.objects(bucket) == {NAME: b"another's", f"mail/sealed/{NAME}": b"onetwo"}
    assert list(store.names()) == [NAME]


def test_what_is_larger_than_a_part_comes_back(s3: S3Server) -> None:
    """In parts there, in stretches back."""
    assert LARGE > STRETCH_OCTETS
    bucket = s3.new_bucket()
    store = S3BlobStore(bucket, "", s3.endpoint)
    store.put(NAME, large())
    assert b"".join(store.get(NAME)) == b"".join(large())
    assert s3.unfinished_uploads(bucket) == 0


def test_a_large_content_that_fails_leaves_no_object(s3: S3Server) -> None:
    """Its parts are no object."""
    store = S3BlobStore(s3.new_bucket(), "", s3.endpoint)

    def broken() -> Iterator[bytes]:
        yield from large()
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        store.put(NAME, broken())
    assert list(store.names()) == []


def test_a_name_is_used_once(s3: S3Server) -> None:
    """An object is never replaced."""
    store = S3BlobStore(s3.new_bucket(), "", s3.endpoint)
    store.put(NAME, [b"first"])
    with pytest.raises(FileExistsError):
        store.put(NAME, [b"second"])
    assert b"".join(store.get(NAME)) == b"first"


@pytest.mark.parametrize(
    "faults",
    [
        {"PUT": [Fault.SERVER_ERROR]},
        {"PUT": [Fault.SLOW_DOWN, Fault.SLOW_DOWN]},
        {"PUT": [Fault.SILENCE]},
        {"PUT": [Fault.DONE_IN_SILENCE]},
        {"PUT": [Fault.DONE_AND_CUT]},
        {"HEAD": [Fault.SLOW_DOWN]},
        {"HEAD": [Fault.SILENCE]},
        {"HEAD": [Fault.NOT_THERE]},
    ],
    ids=str,
)
def test_a_fault_that_passes_is_survived(bad: ScriptedS3, faults: dict[str, list[Fault]]) -> None:
    """The request is made again; whatever the first one did, there is one object, and it is whole."""
    bad.faults.update(faults)
    store = store_at(bad.endpoint)
    store.put(NAME, [b"letter"])
    assert bad.objects == {f"mail/{NAME}": b"letter"}
    assert b"".join(store.get(NAME)) == b"letter"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("PUT", Fault.SERVER_ERROR),
        ("PUT", Fault.SLOW_DOWN),
        ("PUT", Fault.DENIED),
        ("PUT", Fault.SILENCE),
        ("PUT", Fault.LIE),
        ("PUT", Fault.HALF_KEPT),
        ("PUT", Fault.NOT_THERE),
        ("HEAD", Fault.NOT_THERE),
        ("HEAD", Fault.SERVER_ERROR),
        ("HEAD", Fault.SILENCE),
        ("HEAD", Fault.DENIED),
    ],
)
def test_a_fault_that_stays_is_never_a_stored_blob(bad: ScriptedS3, kind: str, fault: Fault) -> None:
    """OSError, in bounded time: the mail is answered 4xx."""
    bad.always[kind] = fault
    started = time.monotonic()
    with pytest.raises(OSError, match=r"object store"):
        store_at(bad.endpoint).put(NAME, [b"letter"])
    assert time.monotonic() - started < 3 * PATIENCE


@pytest.mark.parametrize(
    "faults",
    [
        {"PART": [Fault.SERVER_ERROR, Fault.SLOW_DOWN]},
        {"BEGIN": [Fault.SLOW_DOWN]},
        {"COMPLETE": [Fault.SLOW_DOWN]},
        {"COMPLETE": [Fault.ERROR_IN_200]},
        {"COMPLETE": [Fault.DONE_AND_CUT]},
        {"COMPLETE": [Fault.DONE_IN_SILENCE]},
    ],
    ids=str,
)
def test_a_passing_fault_in_parts_is_survived(bad: ScriptedS3, faults: dict[str, list[Fault]]) -> None:
    """Also when the whole was put together and nobody said so."""
    bad.faults.update(faults)
    store_at(bad.endpoint).put(NAME, large())
    assert bad.objects == {f"mail/{NAME}": b"".join(large())}


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("BEGIN", Fault.DENIED),
        ("BEGIN", Fault.SERVER_ERROR),
        ("PART", Fault.SERVER_ERROR),
        ("PART", Fault.SILENCE),
        ("COMPLETE", Fault.SERVER_ERROR),
        ("COMPLETE", Fault.LIE),
        ("COMPLETE", Fault.ERROR_IN_200),
        ("HEAD", Fault.NOT_THERE),
    ],
)
def test_a_lasting_fault_in_parts_is_never_a_stored_blob(bad: ScriptedS3, kind: str, fault: Fault) -> None:
    """OSError, in bounded time."""
    bad.always[kind] = fault
    started = time.monotonic()
    with pytest.raises(OSError, match=r"object store"):
        store_at(bad.endpoint).put(NAME, large())
    assert time.monotonic() - started < 6 * PATIENCE


def test_a_cut_answer_is_read_again_from_where_it_was(bad: ScriptedS3) -> None:
    """Nothing is given out twice, nothing is left out."""
    content = b"".join(large())
    bad.objects[f"mail/{NAME}"] = content
    bad.faults["GET"] = [Fault.HALF_BODY, Fault.SLOW_DOWN]
    assert b"".join(store_at(bad.endpoint).get(NAME)) == content
    assert bad.asked.count("GET") == 4


@pytest.mark.parametrize("fault", [Fault.HALF_BODY, Fault.SERVER_ERROR, Fault.SILENCE, Fault.DENIED])
def test_an_object_that_cannot_be_read_is_an_error(bad: ScriptedS3, fault: Fault) -> None:
    """And not a missing one: it may well be there."""
    bad.objects[f"mail/{NAME}"] = b"letter"
    bad.always["GET"] = fault
    with pytest.raises(OSError, match="object store failed"):
        list(store_at(bad.endpoint).get(NAME))


def test_an_object_that_is_gone_is_missing(bad: ScriptedS3) -> None:
    """404 at once, without patience."""
    with pytest.raises(BlobMissing):
        list(store_at(bad.endpoint).get(NAME))
    assert bad.asked == ["GET"]


@pytest.mark.parametrize("fault", [Fault.SLOW_DOWN, Fault.SILENCE, Fault.DENIED])
def test_a_list_that_fails_is_an_error(bad: ScriptedS3, fault: Fault) -> None:
    """The sweep puts its round off; it never takes an empty list for an empty store."""
    bad.always["LIST"] = fault
    with pytest.raises(OSError, match="object store failed"):
        list(store_at(bad.endpoint).names())


def test_a_delete_that_fails_is_an_error(bad: ScriptedS3) -> None:
    """After patience."""
    bad.always["DELETE"] = Fault.SLOW_DOWN
    with pytest.raises(OSError, match="object store failed: 503"):
        store_at(bad.endpoint).delete(NAME)
    assert bad.asked.count("DELETE") > 1


def test_a_bucket_that_is_not_there_is_a_failing_store(s3: S3Server) -> None:
    """Not an empty one: nothing in it is missing, and nothing in it is deleted."""
    store = S3BlobStore("nobodys", "", s3.endpoint)
    for call in (lambda: list(store.names()), lambda: list(store.get(NAME)), lambda: store.delete(NAME)):
        with pytest.raises(OSError, match="NoSuchBucket"):
            call()
    with pytest.raises(OSError, match="object store failed"):
        store.put(NAME, [b"x"])


def test_no_secret_stands_in_a_failure(bad: ScriptedS3) -> None:
    """Nor the request's address."""
    bad.always["PUT"] = Fault.DENIED
    with pytest.raises(OSError, match="403 Forbidden, Scripted") as raised:
        store_at(bad.endpoint).put(NAME, [b"x"])
    text = repr(raised.value) + str(raised.value.__cause__)
    assert not [word for word in (*CREDENTIALS.values(), "Authorization", bad.endpoint) if word in text]


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, before there is any mail."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(Refusal, match="no credentials are set"):
        store_at("http://127.0.0.1:9")


def test_new_names_do_not_collide_here_either(s3: S3Server) -> None:
    """Twenty in a row."""
    store = S3BlobStore(s3.new_bucket(), "", s3.endpoint)
    for name in (names := {new_name() for _ in range(20)}):
        store.put(name, [name.encode()])
    assert set(store.names()) == names
