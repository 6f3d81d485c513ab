"""An S3 server that misbehaves as a test tells it to: in memory, in threads of the test's own process.

`faults` maps a kind of request (`PUT`, `HEAD`, `GET`, `DELETE`, `LIST`, and of uploads in parts `BEGIN`, `PART`,
`COMPLETE`, `ABORT`) to what becomes of the next ones, in turn; when the list is used up, requests are served well.
The last entry of `always` is used for ever. What was truly kept stands in `objects`.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.servers.ports import HOST

NOT_THERE = b"<Error><Code>NoSuchKey</Code></Error>"


class Fault(Enum):
    """What becomes of one request."""

    SERVER_ERROR = auto()
    """500, and nothing is done."""
    SLOW_DOWN = auto()
    """503, and nothing is done."""
    DENIED = auto()
    """403, and nothing is done."""
    SILENCE = auto()
    """Nothing is done, and no answer comes."""
    DONE_IN_SILENCE = auto()
    """It is done, and no answer comes."""
    DONE_AND_CUT = auto()
    """It is done, and the connection is closed before the answer."""
    HALF_BODY = auto()
    """The answer is cut in the middle of its body."""
    LIE = auto()
    """200, and nothing is done."""
    NOT_THERE = auto()
    """404, though it is there."""
    HALF_KEPT = auto()
    """200, and half of the octets are kept."""
    ERROR_IN_200 = auto()
    """200 with an error in its body, as S3 may answer when parts are put together."""


@dataclass
class ScriptedS3:
    """What is kept, what was asked, and what goes wrong next."""

    objects: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    always: dict[str, Fault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    endpoint: str = ""

    def next_fault(self, kind: str) -> Fault | None:
        with self.lock:
            self.asked.append(kind)
            waiting = self.faults[kind]
            return waiting.pop(0) if waiting else self.always.get(kind)


class _Request(BaseHTTPRequestHandler):
    """One connection; `script` is set by `scripted_s3`."""

    protocol_version = "HTTP/1.1"
    script: ScriptedS3

    def log_message(self, *_: object) -> None:
        """Nothing is written: a test looks at `asked`."""

    def do_PUT(self) -> None:
        body = self._body()
        if "partNumber" in self._query:
            upload, number = self._query["uploadId"], int(self._query["partNumber"])
            return self._serve("PART", lambda: self.script.uploads[upload].__setitem__(number, body))
        if self.headers.get("If-None-Match") == "*" and self._key in self.script.objects:
            self.script.asked.append("PUT")
            return self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        return self._serve("PUT", lambda: self.script.objects.__setitem__(self._key, body), body)

    def do_POST(self) -> None:
        self._body()
        if "uploads" in self._query:
            upload = str(len(self.script.uploads) + 1)
            found = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            begin = self.script.uploads.__setitem__
            return self._serve("BEGIN", lambda: begin(upload, {}), answer=found.encode())
        upload = self._query["uploadId"]
        if upload not in self.script.uploads:
            self.script.asked.append("COMPLETE")
            return self._answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")

        def complete() -> None:
            parts = self.script.uploads.pop(upload)
            self.script.objects[self._key] = b"".join(parts[number] for number in sorted(parts))

        done = b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'
        return self._serve("COMPLETE", complete, answer=done)

    def do_DELETE(self) -> None:
        if "uploadId" in self._query:
            upload = self._query["uploadId"]
            return self._serve("ABORT", lambda: self.script.uploads.pop(upload, None), status=204)
        return self._serve("DELETE", lambda: self.script.objects.pop(self._key, None), status=204)

    def do_HEAD(self) -> None:
        self._look("HEAD")

    def do_GET(self) -> None:
        if "list-type" in self._query:
            keys = "".join(f"<Contents>{_entry(key, len(octets))}</Contents>" for key, octets in self._listed())
            answer = f"<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>"
            return self._serve("LIST", lambda: None, answer=answer.encode())
        return self._look("GET")

    def _listed(self) -> list[tuple[str, bytes]]:
        return sorted(self.script.objects.items())

    def _look(self, kind: str) -> None:
        fault = self.script.next_fault(kind)
        octets = self.script.objects.get(self._key)
        if octets is None or fault is Fault.NOT_THERE:
            return self._answer(404, b"" if kind == "HEAD" else NOT_THERE)
        if self._has_failed(fault, lambda: None):
            return None
        wanted = self.headers.get("Range")
        first, _, last = (wanted or f"bytes=0-{len(octets)}").partition("=")[2].partition("-")
        part = octets[int(first) : int(last) + 1]
        place = {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(octets)}"} if wanted else {}
        return self._answer(206 if wanted else 200, part, place, is_cut=fault is Fault.HALF_BODY)

    def _serve(self, kind: str, act: object, body: bytes = b"", *, answer: bytes = b"", status: int = 200) -> None:
        fault = self.script.next_fault(kind)
        if self._has_failed(fault, act):
            return
        if fault is Fault.HALF_KEPT:
            self.script.objects[self._key] = body[: len(body) // 2]
        elif fault is Fault.ERROR_IN_200:
            answer = b"<Error><Code>InternalError</Code></Error>"
        elif fault is not Fault.LIE:
            act()  # type: ignore[operator]
        self._answer(status, answer, is_cut=fault is Fault.HALF_BODY)

    def _has_failed(self, fault: Fault | None, act: object) -> bool:
        """Whether the fault alone was the answer."""
        refusals = {Fault.SERVER_ERROR: 500, Fault.SLOW_DOWN: 503, Fault.DENIED: 403, Fault.NOT_THERE: 404}
        if fault in refusals:
            self._answer(refusals[fault], b"<Error><Code>Scripted</Code></Error>")
            return True
        if fault in (Fault.DONE_IN_SILENCE, Fault.DONE_AND_CUT):
            act()  # type: ignore[operator]
        if fault in (Fault.DONE_IN_SILENCE, Fault.SILENCE):
            self.script.ended.wait(30)
        if fault in (Fault.DONE_IN_SILENCE, Fault.SILENCE, Fault.DONE_AND_CUT):
            self.close_connection = True
            return True
        return False

    def _answer(self, status: int, body: bytes, more: dict[str, str] | None = None, *, is_cut: bool = False) -> None:
        self.send_response(status)
        size = len(self.script.objects.get(self._key, b"")) if self.command == "HEAD" and status == 200 else len(body)
        fixed = {"Content-Length": str(size), "ETag": '"e"', "Last-Modified": "Tue, 24 Nov 2026 09:00:00 GMT"}
        for name, value in (fixed | (more or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if is_cut else body)
        self.close_connection = self.close_connection or is_cut

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    @property
    def _key(self) -> str:
        """Below the bucket."""
        return urlsplit(self.path).path.split("/", 2)[-1]

    @property
    def _query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}


def _entry(key: str, octets: int) -> str:
    when = "2026-11-24T09:00:00.000Z"
    return f'<Key>{key}</Key><Size>{octets}</Size><LastModified>{when}</LastModified><ETag>"e"</ETag>'


@contextmanager
def scripted_s3() -> Iterator[ScriptedS3]:
    """A running server, whose `endpoint` is known."""
    script = ScriptedS3()
    server = ThreadingHTTPServer((HOST, 0), type("Scripted", (_Request,), {"script": script}))
    server.daemon_threads = True
    script.endpoint = f"http://{HOST}:{server.server_address[1]}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield script
    finally:
        script.ended.set()
        server.shutdown()
        server.server_close()
        serving.join()
