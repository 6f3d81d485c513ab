"""A stand-in for Amazon S3 (and KMS): moto's server as a child process. It keeps objects in memory, and is no store.

A test takes a bucket of its own from `new_bucket()`. It asks for no right credentials, only for some: CREDENTIALS.
"""

import importlib.util
import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import obstore
from obstore.store import S3Store

from tests.servers.ports import HOST, answers, free_port
from tests.servers.program import Program, ServerMissing, server_folder

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests",
    "AWS_REGION": "us-east-1",
}


class S3Server:
    """One server for a whole run; a bucket for each test."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self._program: Program | None = None
        self._numbers = count(1)

    @property
    def endpoint(self) -> str:
        """What PRATIQUE_S3_ENDPOINT takes."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Returns when it answers; about two seconds."""
        command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(self.port)]
        self._program = Program(command, self._folder / "s3.log")
        self._program.wait_until_ready(lambda: answers(self.port), "the S3 stand-in answers")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def new_bucket(self) -> str:
        """The name of a fresh, empty bucket."""
        name = f"test-{next(self._numbers)}"
        request = urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")
        urllib.request.urlopen(request, timeout=10).close()
        return name

    def new_kms_key(self) -> str:
        """The id of a fresh key of its KMS."""
        fields = {
            "X-Amz-Target": "TrentService.CreateKey",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=tests/20261124/us-east-1/kms/aws4_request",
        }
        request = urllib.request.Request(self.endpoint, b"{}", fields)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["KeyMetadata"]["KeyId"])

    def objects(self, bucket: str) -> dict[str, bytes]:
        """All that the bucket holds, by key: what somebody sees who can read the store."""
        place = {"endpoint": self.endpoint, "access_key_id": "tests", "secret_access_key": "tests"}
        store = S3Store(bucket, config=place, client_options={"allow_http": True})
        keys = [entry["path"] for page in obstore.list(store) for entry in page]
        return {key: bytes(obstore.get(store, key).bytes()) for key in keys}

    def unfinished_uploads(self, bucket: str) -> int:
        """Uploads in parts that were begun, and neither completed nor aborted."""
        with urllib.request.urlopen(f"{self.endpoint}/{bucket}?uploads", timeout=10) as answer:
            return answer.read().count(b"<UploadId>")


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A started server."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        raise ServerMissing("moto's server is not installed")
    with server_folder("s3") as folder:
        server = S3Server(folder, free_port())
        try:
            server.start()
            yield server
        finally:
            server.stop()
