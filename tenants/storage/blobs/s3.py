"""A blob store in a bucket of Amazon S3, or of a server that speaks its protocol.

An object's key is the blob's name below the prefix. Credentials and region come from the usual environment variables
(`AWS_ACCESS_KEY_ID`, `AWS_REGION`, ...) or from the machine's own role; nothing here writes them anywhere.

Durable means: the store has answered the PUT with 200, and then, asked for the object, has named its size. A PUT is
made only-if-absent, and a try that was not answered is made again under the same name, so nothing is stored twice. What
is larger than a part goes up in parts; an upload that is not completed is no object, and a lifecycle rule on the bucket
(`AbortIncompleteMultipartUpload`) removes its parts when this process could not.

Standards: Amazon S3 REST API; RFC 9110 section 13.1.2 (If-None-Match).
Failure: OSError for whatever the store does but store: error statuses, silence, cut answers, wrong credentials, a
bucket that is not there, an object that is missing when it is asked for again. The text never holds the request.
Limits: one request takes REQUEST_SECONDS, an operation about PATIENCE_SECONDS (for `get`: each stretch); a PUT in parts
begins no part after that. Nothing tells how much room a bucket has.
"""

import errno
import functools
import itertools
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from tenants.refusals import Refusal
from tenants.storage.blobs.contract import BlobMissing

if TYPE_CHECKING:
    from obstore.store import S3Config

PIECE_OCTETS = 64 * 1024
PART_OCTETS = 5 * 1024 * 1024
"""The least that S3 takes as a part (but the last)."""
STRETCH_OCTETS = 4 * 1024 * 1024
"""Read with one request, and so the most that is read again when an answer was cut."""
PARTS_AT_ONCE = 2
REQUEST_SECONDS = 2.0
PATIENCE_SECONDS = 4.0
"""Below the 5 s that storing a message has (contract.md, Time)."""
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.8
_FINAL = (AlreadyExistsError, InvalidPathError, NotSupportedError, PermissionDeniedError, UnauthenticatedError)
_NAME = re.compile(r"[0-9a-f]{32}")
_STATUS = re.compile(r"status code: (\d{3}[A-Za-z ]*)")
_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
T = TypeVar("T")


class S3BlobStore:
    """Implements BlobStore in `bucket`, below `prefix` (which may be empty)."""

    def __init__(
        self,
        bucket: str,
        prefix: str,
        endpoint: str | None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        """`endpoint`: the server's URL when it is not Amazon's. Speaks to nobody yet. Raises Refusal."""
        self._patience_seconds, self._request_seconds = patience_seconds, request_seconds
        connect = functools.partial(_connect, bucket, prefix, endpoint)
        try:
            # Its own retries are off where this file repeats, and knows what a repeated request may find.
            self._store = connect(request_seconds, patience_seconds, retries=0)
            self._persistent = connect(patience_seconds, patience_seconds, retries=3)
        except (BaseError, ValueError) as error:
            raise Refusal(f"The bucket {bucket} cannot be used: {_reason(error)}.") from None

    def put(self, name: str, content: Iterable[bytes]) -> None:
        key, pieces = _checked(name), iter(content)
        beginning = _take(pieces, PART_OCTETS)
        if len(beginning) < PART_OCTETS:
            octets = len(beginning)
            self._patiently(functools.partial(self._create, key, beginning))
        else:
            octets = self._put_in_parts(key, itertools.chain((beginning,), pieces))
        self._patiently(functools.partial(self._confirm, key, octets))

    def get(self, name: str) -> Iterator[bytes]:
        key, start, size = _checked(name), 0, 1
        while start < size:
            stretch, size = self._patiently(functools.partial(self._stretch, key, start))
            for at in range(0, len(stretch), PIECE_OCTETS):
                yield stretch[at : at + PIECE_OCTETS]
            start += len(stretch)

    def delete(self, name: str) -> None:
        self._patiently(functools.partial(self._delete, _checked(name)))

    def names(self) -> Iterator[str]:
        try:
            for page in obstore.list(self._persistent):
                yield from (entry["path"] for entry in page if _NAME.fullmatch(entry["path"]))
        except (BaseError, FileNotFoundError) as error:
            raise _failure(error) from None

    def free_octets(self) -> int | None:
        return None

    def _create(self, key: str, octets: bytes, tries_before: int) -> None:
        try:
            obstore.put(self._store, key, octets, mode="create", use_multipart=False)
        except AlreadyExistsError:
            # After a try that was not answered it is that try's object; `_confirm` looks.
            if not tries_before:
                raise FileExistsError(errno.EEXIST, "there is an object of this new name") from None

    def _confirm(self, key: str, octets: int, tries_before: int) -> None:
        try:
            size = obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            raise GenericError("the object that was just stored is not there") from None
        if size != octets:
            raise OSError(errno.EIO, f"the object store kept {size} of {octets} octets")

    def _put_in_parts(self, key: str, content: Iterator[bytes]) -> int:
        sent = _Timed(content, time.monotonic() + self._patience_seconds)
        try:
            obstore.put(
                self._persistent, key, sent, use_multipart=True, chunk_size=PART_OCTETS, max_concurrency=PARTS_AT_ONCE
            )
        except (BaseError, FileNotFoundError) as error:
            # All was sent: the upload may be complete though its answer was not. `_confirm` looks.
            if not sent.has_ended:
                raise _failure(error) from None
        return sent.octets

    def _stretch(self, key: str, start: int, tries_before: int) -> tuple[bytes, int]:
        try:
            found = obstore.get(self._store, key, options={"range": (start, start + STRETCH_OCTETS)})
            octets, size = bytes(found.bytes()), found.meta["size"]
        except FileNotFoundError as error:
            if _is_about_the_object(error):
                raise BlobMissing(key) from None
            raise
        except GenericError as error:
            # No octet at its very beginning: it is empty.
            if start == 0 and _reason(error).startswith("416"):
                return b"", 0
            raise
        if not octets:
            raise GenericError("an empty answer")
        return octets, size

    def _delete(self, key: str, tries_before: int) -> None:
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError as error:
            if not _is_about_the_object(error):
                raise

    def _patiently(self, attempt: Callable[[int], T]) -> T:
        """What `attempt(tries_before)` gives, tried again while there is time. Raises OSError."""
        last_start = time.monotonic() + self._patience_seconds - self._request_seconds
        for tries_before in itertools.count():
            try:
                return attempt(tries_before)
            except (*_FINAL, FileNotFoundError) as error:
                raise _failure(error) from None
            except BaseError as error:
                pause = _pause_seconds(tries_before)
                if time.monotonic() + pause > last_start:
                    raise _failure(error) from None
            time.sleep(pause)
        raise AssertionError("counting does not end")


class _Timed:
    """Passes pieces on until the time is over, counts their octets, and knows whether all were taken."""

    def __init__(self, content: Iterator[bytes], deadline: float) -> None:
        self._content, self._deadline = content, deadline
        self.octets, self.has_ended = 0, False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._content:
            if time.monotonic() > self._deadline:
                raise TimeoutError(errno.ETIMEDOUT, "the object store takes octets too slowly")
            self.octets += len(piece)
            yield piece
        self.has_ended = True


def _connect(
    bucket: str, prefix: str, endpoint: str | None, request_seconds: float, patience_seconds: float, *, retries: int
) -> S3Store:
    wait = timedelta(seconds=request_seconds)
    # One DELETE for each object: not every server that speaks S3 knows the bulk form.
    config: S3Config = {"disable_bulk_delete": True}
    if endpoint is not None:
        config["endpoint"] = endpoint
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
            "timeout": wait,
            "connect_timeout": wait,
        },
        retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=patience_seconds)},
    )


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a blob")
    return name


def _take(pieces: Iterator[bytes], octets: int) -> bytes:
    """What the pieces hold, up to the first of them with which it is at least so many octets."""
    taken = bytearray()
    for piece in pieces:
        taken += piece
        if len(taken) >= octets:
            break
    return bytes(taken)


def _pause_seconds(tries_before: int) -> float:
    """Growing, and never the same for two at once."""
    longest: float = min(_FIRST_PAUSE_SECONDS * 2**tries_before, _LONGEST_PAUSE_SECONDS)
    return longest * (0.5 + secrets.randbelow(1000) / 2000)


def _is_about_the_object(error: FileNotFoundError) -> bool:
    """404 is the answer for a missing bucket too, and that is a store that cannot serve."""
    return "NoSuchBucket" not in str(error)


def _failure(error: Exception) -> OSError:
    return OSError(errno.EIO, f"the object store failed: {_reason(error)}")


def _reason(error: Exception) -> str:
    """What the store said, as a few words; never the library's own text, which quotes the request."""
    text = str(error)
    if status := _STATUS.search(text):
        code = _CODE.search(text)
        return status[1].strip() + (f", {code[1]}" if code else "")
    if "HTTP error" in text:
        return "no whole answer"
    if "Missing AccessKeyId" in text or "Missing SecretAccessKey" in text:
        return "no credentials are set"
    return type(error).__name__
