"""ICAP's octets: questions as RFC 3507 shows them, replies whole, octet by octet, and with more behind."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.engines.icap.protocol import (
    MOST_HEAD_OCTETS,
    IcapService,
    Nonsense,
    Offer,
    Reply,
    ReplyReader,
    chunk,
    options_request,
    parse_service,
    question_head,
    read_offer,
)

SERVICE = IcapService("scanner.example", 1344, "avscan")
HTTP = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n"
BLOCKED = (
    b'ICAP/1.0 200 OK\r\nISTag: "sig-7"\r\nX-Infection-Found: Type=0; Resolution=2; Threat=EICAR;\r\n'
    b"X-Violations-Found: 1\r\n\t-\r\n\tEICAR\r\n\t0\r\n\t0\r\n"
    b"Encapsulated: res-hdr=0, res-body=%d\r\n\r\n%b7\r\nblocked\r\n1\r\n!\r\n0\r\n\r\n" % (len(HTTP), HTTP)
)
UNMODIFIED = b'ICAP/1.0 204 No Content\r\nISTag: "sig-7"\r\n\r\n'
REPLIES = {
    UNMODIFIED: Reply(204, {"istag": '"sig-7"'}),
    b"ICAP/1.0 204\r\nEncapsulated: null-body=0\r\n\r\n": Reply(204, {"encapsulated": "null-body=0"}),
    b"ICAP/1.0 100 Continue\r\n\r\n": Reply(100, {}),
    b"ICAP/1.0 500 Server error\r\nA: 1\r\nA: 2\r\n\r\n": Reply(500, {"a": "1\n2"}),
    BLOCKED: Reply(
        200,
        {
            "istag": '"sig-7"',
            "x-infection-found": "Type=0; Resolution=2; Threat=EICAR;",
            "x-violations-found": "1\n-\nEICAR\n0\n0",
            "encapsulated": f"res-hdr=0, res-body={len(HTTP)}",
        },
        403,
        hashlib.sha256(b"blocked!").hexdigest(),
        b"blocked!",
    ),
}
NO_REPLIES = {
    "another protocol": b"HTTP/1.1 200 OK\r\n\r\n",
    "another version": b"ICAP/1.1 204 No Content\r\n\r\n",
    "a status of two digits": b"ICAP/1.0 20\r\n\r\n",
    "a header that is none": b"ICAP/1.0 204 OK\r\nISTag\r\n\r\n",
    "a folded line with nothing before it": b"ICAP/1.0 204 OK\r\n folded\r\n\r\n",
    "a bare line feed": b"ICAP/1.0 204 OK\nISTag: x\r\n\r\n",
    "a header without end": b"ICAP/1.0 204 OK\r\n" + b"A: b\r\n" * MOST_HEAD_OCTETS,
    "200 without Encapsulated": b"ICAP/1.0 200 OK\r\n\r\n",
    "an unknown section": b"ICAP/1.0 200 OK\r\nEncapsulated: xyz=0\r\n\r\n",
    "a body first": b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0, res-hdr=5\r\n\r\n",
    "no body at all": b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0\r\n\r\n",
    "offsets that go back": b"ICAP/1.0 200 OK\r\nEncapsulated: req-hdr=0, res-hdr=9, res-body=5\r\n\r\n",
    "an offset that begins late": b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=4, res-body=50\r\n\r\n",
    "an offset beyond everything": b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=999999999\r\n\r\n",
    "a wrong offset": BLOCKED.replace(b"res-body=%d" % len(HTTP), b"res-body=%d" % (len(HTTP) - 3)),
    "no HTTP within": BLOCKED.replace(b"HTTP/1.1 403", b"FTP//1.1 403"),
    "a chunk size that is none": BLOCKED.replace(b"\r\n7\r\n", b"\r\n-7\r\n"),
    "a chunk size too small": BLOCKED.replace(b"\r\n7\r\n", b"\r\n6\r\n"),
    "a chunk extension": BLOCKED.replace(b"\r\n7\r\n", b"\r\n7;a=b\r\n"),
    "a chunk too long": BLOCKED.replace(b"\r\n7\r\n", b"\r\nffffffff\r\n"),
    "a trailer": BLOCKED[:-2] + b"X: y\r\n\r\n",
    "more behind": UNMODIFIED + b"x",
    "two answers": UNMODIFIED * 2,
}


@pytest.mark.parametrize(("raw", "reply"), REPLIES.items())
def test_a_reply_is_read_in_whatever_pieces_it_comes(raw: bytes, reply: Reply) -> None:
    """Whole and octet by octet; not before its last octet, and one octet more is one too many."""
    assert ReplyReader(1000).feed(raw) == reply
    reader = ReplyReader(1000)
    for octet in raw[:-1]:
        assert reader.feed(bytes([octet])) is None
    assert reader.feed(raw[-1:]) == reply
    with pytest.raises(Nonsense):
        reader.feed(b"x")


@pytest.mark.parametrize("raw", NO_REPLIES.values(), ids=NO_REPLIES)
def test_what_is_not_exactly_a_reply_is_nonsense(raw: bytes) -> None:
    """Never a reply in part, in one piece or in many."""
    for step in (len(raw), 1):
        reader = ReplyReader(1000)
        with pytest.raises(Nonsense):
            for offset in range(0, len(raw), step):
                reader.feed(raw[offset : offset + step])
            raise AssertionError("it was taken for a reply")


def test_a_body_is_as_long_as_it_may_be() -> None:
    """And no longer, in one chunk or in many."""
    head = b"ICAP/1.0 200 OK\r\nEncapsulated: opt-body=0\r\n\r\n"
    for size in (10, 3):
        body = b"".join(chunk(bytes(min(size, 10 - offset))) for offset in range(0, 10, size)) + b"0\r\n\r\n"
        reply = ReplyReader(10).feed(head + body)
        assert reply is not None and reply.body_sha256 == hashlib.sha256(bytes(10)).hexdigest()
        with pytest.raises(Nonsense):
            ReplyReader(9).feed(head + body)


@given(st.binary(max_size=300))
def test_any_octets_are_a_reply_or_nonsense_or_the_beginning_of_one(raw: bytes) -> None:
    """Nothing else is ever raised."""
    for start in (b"", b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\n"):
        try:
            ReplyReader(1000).feed(start + raw)
        except Nonsense:
            continue


def test_a_question_says_where_its_sections_begin() -> None:
    """RESPMOD and REQMOD, with a preview and without (RFC 3507 sections 4.4 and 4.5)."""
    for method, names in (("RESPMOD", ["req-hdr", "res-hdr", "res-body"]), ("REQMOD", ["req-hdr", "req-body"])):
        raw = question_head(SERVICE, method, 5, 1024)
        head, _, rest = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert lines[0] == f"{method} icap://scanner.example:1344/avscan ICAP/1.0"
        assert lines[1:5:2] == ["Host: scanner.example:1344", "Allow: 204"]
        assert "Preview: 1024" in lines
        sections = dict(entry.split("=") for entry in lines[-1].removeprefix("Encapsulated: ").split(", "))
        assert list(sections) == names
        assert int(sections[names[-1]]) == len(rest)
        for name in names[:-1]:
            assert rest[int(sections[name]) :].startswith((b"GET ", b"POST ", b"HTTP/1.1 200"))
    assert b"Preview" not in question_head(SERVICE, "RESPMOD", 5, None)
    assert options_request(replace(SERVICE, host="::1")).startswith(b"OPTIONS icap://[::1]:1344/avscan ICAP/1.0\r\n")


def test_an_offer_is_read_from_the_reply_to_options() -> None:
    """RESPMOD before REQMOD; what is not said is not known."""
    headers = {"methods": "REQMOD, RESPMOD", "preview": "1024", "allow": "204", "max-connections": "10"}
    headers |= {"options-ttl": "3600", "istag": '"abc"', "service": "Scanner 1.0"}
    assert read_offer(Reply(200, headers)) == Offer("RESPMOD", 1024, True, 10, 3600, "abc", "Scanner 1.0")
    assert read_offer(Reply(200, {"methods": "REQMOD"})) == Offer("REQMOD", None, False, None, None, "", "")
    for reply in (Reply(404, headers), Reply(200, {}), Reply(200, {"methods": "OPTIONS"})):
        with pytest.raises(Nonsense):
            read_offer(reply)


URLS = {
    "icap://scanner.example:1344/avscan": SERVICE,
    "icap://scanner.example/avscan": SERVICE,
    "icap://[::1]:11344/a/b?c=d": IcapService("::1", 11344, "a/b?c=d"),
}


@pytest.mark.parametrize(("text", "service"), URLS.items())
def test_a_service_is_named_by_a_url(text: str, service: IcapService) -> None:
    """As PRATIQUE_ICAP takes it; the port is 1344 unless it says otherwise (RFC 3507 section 4.2)."""
    assert parse_service(text) == service


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://a.example/b",
        "icap://a.example",
        "icap://a:0/b",
        "icap://a:99999/b",
        "icap://a b/c",
        "icap://a/b\r\nX: y",
    ],
)
def test_what_is_no_service_is_refused(text: str) -> None:
    """Nothing of it ever stands in a question."""
    with pytest.raises(ValueError, match="is not an ICAP service"):
        parse_service(text)
