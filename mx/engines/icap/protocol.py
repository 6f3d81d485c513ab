"""ICAP: the octets of a question, and what a server's reply says. Pure.

Comes in: a service, a content's size, what the server sends. Goes out: octets to send; a Reply; an Offer.
The artifact is put into an HTTP response to a made request (RESPMOD), or into a request (REQMOD) where the service
offers nothing else.

Standards: RFC 3507 sections 4.3 to 4.10: message format, `Encapsulated`, chunked bodies, preview with `ieof`, 204,
OPTIONS, `ISTag`. Header lines may be folded, because `X-Violations-Found` is; chunk extensions and trailers were not
asked for, and none are read.

Failure: whatever is not exactly a reply raises Nonsense, octets behind a reply too: what belongs to something else
must never be taken for an answer.
Limits: MOST_HEAD_OCTETS for each header section, as many octets of body as the caller allows.
"""

import hashlib
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import pairwise

MOST_HEAD_OCTETS = 16 * 1024
_KEPT_BODY_OCTETS = 4096
_URL = re.compile(r"icap://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?/(?P<path>[!-~]+)")
_STATUS = re.compile(rb"ICAP/1\.0 ([0-9]{3})(?: [\x20-\x7e\x80-\xff]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})")
_SECTION = re.compile(r"(req-hdr|res-hdr|req-body|res-body|opt-body|null-body)=([0-9]{1,9})")
_DEFAULT_PORT = 1344


class Nonsense(Exception):
    """The server's octets are no reply; the text says why."""


@dataclass(frozen=True, slots=True)
class IcapService:
    """One ICAP service."""

    host: str
    port: int
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"icap://{host}:{self.port}/{self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole reply."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case; lines of a folded value, and values of a repeated name, stand on lines of their own."""
    http_status: int | None = None
    """Of the encapsulated HTTP response."""
    body_sha256: str = ""
    """Of the encapsulated body; empty where there is none."""
    body_start: bytes = b""

    @property
    def istag(self) -> str:
        """The version of service and signatures (RFC 3507 section 4.7); empty where none is stated."""
        return self.headers.get("istag", "").strip('"')


@dataclass(frozen=True, slots=True)
class Offer:
    """What a service says of itself in answer to OPTIONS (RFC 3507 section 4.10.2)."""

    method: str
    preview_octets: int | None
    allows_204: bool
    most_connections: int | None
    ttl_seconds: float | None
    istag: str
    service: str


def parse_service(text: str) -> IcapService:
    """The service that a URL names. Raises ValueError."""
    match = _URL.fullmatch(text)
    port = int(match["port"] or _DEFAULT_PORT) if match else 0
    if match is None or not 0 < port < 1 << 16:
        raise ValueError("is not an ICAP service: write it like icap://scanner.example:1344/avscan")
    return IcapService(match["host"].strip("[]"), port, match["path"])


def options_request(service: IcapService) -> bytes:
    """The question for what a service offers."""
    return _head("OPTIONS", service, "Encapsulated: null-body=0")


def read_offer(reply: Reply) -> Offer:
    """What the reply to OPTIONS says. Raises Nonsense."""
    if reply.status != 200:
        raise Nonsense(f"OPTIONS was answered {reply.status}")
    methods = {method.strip().upper() for method in re.split(r"[,\n]", reply.headers.get("methods", ""))}
    method = next((name for name in ("RESPMOD", "REQMOD") if name in methods), None)
    if method is None:
        raise Nonsense("the service offers neither RESPMOD nor REQMOD")
    allowed = {word.strip() for word in reply.headers.get("allow", "").split(",")}
    return Offer(
        method=method,
        preview_octets=_number(reply.headers.get("preview")),
        allows_204="204" in allowed,
        most_connections=_number(reply.headers.get("max-connections")),
        ttl_seconds=_number(reply.headers.get("options-ttl")),
        istag=reply.istag,
        service=reply.headers.get("service", "").strip('"')[:100],
    )


def question_head(service: IcapService, method: str, octets: int, preview_octets: int | None) -> bytes:
    """Everything before the first chunk."""
    about = f"Host: mail.invalid\r\nContent-Type: application/octet-stream\r\nContent-Length: {octets}\r\n\r\n".encode()
    if method == "REQMOD":
        sections, listed = b"POST http://mail.invalid/artifact HTTP/1.1\r\n" + about, ""
        listed = f"req-hdr=0, req-body={len(sections)}"
    else:
        request = b"GET http://mail.invalid/artifact HTTP/1.1\r\nHost: mail.invalid\r\n\r\n"
        response = b"HTTP/1.1 200 OK\r\n" + about.partition(b"\r\n")[2]
        sections = request + response
        listed = f"req-hdr=0, res-hdr={len(request)}, res-body={len(sections)}"
    preview = [] if preview_octets is None else [f"Preview: {preview_octets}"]
    return _head(method, service, "Allow: 204", *preview, f"Encapsulated: {listed}") + sections


def chunk(octets: bytes) -> bytes:
    """One chunk of a body; nothing for no octets, which would end it."""
    return b"%x\r\n%b\r\n" % (len(octets), octets) if octets else b""


END = b"0\r\n\r\n"
END_WITHIN_PREVIEW = b"0; ieof\r\n\r\n"
"""The preview was all there is (RFC 3507 section 4.5)."""


class ReplyReader:
    """Reads one reply, in whatever pieces it comes."""

    def __init__(self, most_body_octets: int) -> None:
        self._most_body_octets = most_body_octets
        self._rest = b""
        self._status, self._headers = 0, dict[str, str]()
        self._steps = self._read()
        self._reply: Reply | None = None
        next(self._steps)

    def feed(self, octets: bytes) -> Reply | None:
        """The reply, once it is whole. Raises Nonsense, then and later."""
        self._rest += octets
        if self._reply is None:
            self._reply = next(self._steps)
        if self._reply is not None and self._rest:
            raise Nonsense("there is more than one answer")
        return self._reply

    def _read(self) -> Generator[Reply | None, None, None]:
        head = yield from self._until(b"\r\n\r\n", MOST_HEAD_OCTETS)
        status, headers = _read_head(head)
        sections = _read_sections(headers.get("encapsulated", ""), status)
        http_status, digest, start = None, "", b""
        for name, length in sections:
            if length is not None:
                section = yield from self._exactly(length)
                http_status = _http_status(section) if name == "res-hdr" else http_status
            elif name != "null-body":
                digest, start = yield from self._body()
        while True:
            yield Reply(status, headers, http_status, digest, start)

    def _until(self, end: bytes, most: int) -> Generator[None, None, bytes]:
        while (position := self._rest.find(end)) < 0:
            if len(self._rest) > most:
                raise Nonsense("a line or a header section is too long")
            yield None
        found, self._rest = self._rest[:position], self._rest[position + len(end) :]
        if len(found) > most:
            raise Nonsense("a line or a header section is too long")
        return found

    def _exactly(self, octets: int) -> Generator[None, None, bytes]:
        while len(self._rest) < octets:
            yield None
        found, self._rest = self._rest[:octets], self._rest[octets:]
        return found

    def _body(self) -> Generator[None, None, tuple[str, bytes]]:
        digest, start, total = hashlib.sha256(), b"", 0
        while True:
            line = yield from self._until(b"\r\n", 64)
            match = _CHUNK.fullmatch(line)
            if match is None:
                raise Nonsense("a chunk without its size")
            left = int(match[1], 16)
            total += left
            if total > self._most_body_octets:
                raise Nonsense("the body that came back is too long")
            is_last = not left
            while left:
                while not self._rest:
                    yield None
                piece, self._rest = self._rest[:left], self._rest[left:]
                left -= len(piece)
                digest.update(piece)
                start = (start + piece)[:_KEPT_BODY_OCTETS] if len(start) < _KEPT_BODY_OCTETS else start
            if (yield from self._exactly(2)) != b"\r\n":
                raise Nonsense("a chunk of another size than was told" if not is_last else "a trailer")
            if is_last:
                return digest.hexdigest(), start


def _head(method: str, service: IcapService, *lines: str) -> bytes:
    host = f"[{service.host}]" if ":" in service.host else service.host
    first = f"{method} {service} ICAP/1.0"
    return "\r\n".join([first, f"Host: {host}:{service.port}", "User-Agent: Pratique", *lines, "", ""]).encode("ascii")


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.split(b"\r\n")
    match = _STATUS.fullmatch(first)
    if match is None:
        raise Nonsense("no ICAP reply")
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (b" ", b"\t") and name:
            headers[name] += "\n" + line.strip().decode("latin-1")
            continue
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Nonsense("a header line that is none")
        name, value = field[1].decode("ascii").lower(), field[2].decode("latin-1")
        headers[name] = f"{headers[name]}\n{value}" if name in headers else value
    return int(match[1]), headers


def _read_sections(encapsulated: str, status: int) -> list[tuple[str, int | None]]:
    """The sections behind the header, each with its length; None for a body, and for the lack of one."""
    if not encapsulated:
        if status in (200, 206):
            raise Nonsense("a reply that does not say what it carries")
        return []
    found = [_SECTION.fullmatch(entry.strip()) for entry in encapsulated.split(",")]
    entries = [(match[1], int(match[2])) for match in found if match is not None]
    offsets = [offset for _, offset in entries]
    are_headers = [name.endswith("-hdr") for name, _ in entries]
    ordered = offsets == sorted(set(offsets)) and offsets[:1] == [0]
    if len(entries) < len(found) or not ordered or not all(are_headers[:-1]) or are_headers[-1]:
        raise Nonsense("an Encapsulated header that is none")
    if offsets[-1] > MOST_HEAD_OCTETS:
        raise Nonsense("a line or a header section is too long")
    lengths = [later - earlier for earlier, later in pairwise(offsets)]
    names = [name for name, _ in entries]
    return [*zip(names[:-1], lengths, strict=True), (names[-1], None)]


def _http_status(section: bytes) -> int | None:
    match = re.match(rb"HTTP/1\.[01] ([0-9]{3})[ \r]", section)
    if match is None:
        raise Nonsense("an encapsulated response that is none")
    return int(match[1])


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch("[0-9]{1,9}", text) else None
