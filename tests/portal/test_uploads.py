"""A form with a file is read strictly; whatever is odd about it refuses the whole of it."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from portal.forms import FormRefused
from portal.uploads import LARGEST_BODY_OCTETS, read_file_form, read_parts

FILE = b'Content-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\na\r\nb\r\n'
FIELD = 'Content-Disposition: form-data; name="note"\r\n\r\nCafé'.encode()


def body_of(*parts: bytes, end: bytes = b"--\r\n") -> bytes:
    """The parts between boundaries `x`."""
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x" + end


async def _echo(request: Request) -> Response:
    try:
        fields, upload = await read_file_form(request)
    except FormRefused as refusal:
        return Response(status_code=refusal.status)
    return JSONResponse([dict(fields), upload.decode()])


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("multipart/form-data; boundary=x", body_of(FIELD, FILE), 200),
        ('Multipart/Form-Data; boundary="x"', body_of(FIELD, FILE), 200),
        ("application/x-www-form-urlencoded", b"note=1", 200),
        ("multipart/form-data", body_of(FILE), 415),
        ("multipart/form-data; boundary=" + "x" * 71, body_of(FILE), 415),
        ("multipart/mixed; boundary=x", body_of(FILE), 415),
        ("multipart/form-data; boundary=x", body_of(FILE + b"x" * LARGEST_BODY_OCTETS), 413),
    ],
)
def test_only_what_browsers_send_is_taken(media_type: str, body: bytes, status: int) -> None:
    """And no more than the limit."""
    client = TestClient(Starlette(routes=[Route("/", _echo, methods=["POST"])]))
    answer = client.post("/", content=body, headers={"content-type": media_type})
    assert answer.status_code == status
    if status == 200 and media_type.lower().startswith("multipart"):
        assert answer.json() == [{"note": "Café"}, "a\r\nb\r\n"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x--\r\n--x--",
        body_of(FIELD, FIELD),
        body_of(FILE, FILE.replace(b'"file"', b'"other"')),
        body_of(FIELD, end=b""),
        b"before\r\n" + body_of(FIELD),
        body_of(FIELD, end=b"--\r\nafter"),
        body_of(FIELD.replace("é".encode(), b"\xff")),
        body_of(FIELD.replace("é".encode(), b"\x00")),
        body_of(b"Content-Type: text/plain\r\n\r\nno name"),
        body_of(FIELD.partition(b"\r\n\r\n")[0]),
        body_of(FIELD.replace(b"\r\n\r\n", b'\r\nContent-Disposition: form-data; name="b"\r\n\r\n')),
        body_of(*(FIELD.replace(b"note", b"n%d" % number) for number in range(21))),
    ],
)
def test_what_is_odd_is_refused_whole(body: bytes) -> None:
    """Doubled names, two files, no end, something around it, no text, no name, no content, too many parts."""
    with pytest.raises(FormRefused):
        read_parts(b"x", body)


def test_a_form_without_a_file_has_an_empty_one() -> None:
    """As when a browser sends the field with no file chosen."""
    none_chosen = b'Content-Disposition: form-data; name="file"; filename=""\r\n\r\n'
    assert read_parts(b"x", body_of(FIELD)) == ({"note": "Café"}, b"")
    assert read_parts(b"x", body_of(none_chosen)) == ({}, b"")
    assert read_parts(b"x", b"--x--\r\n") == ({}, b"")
