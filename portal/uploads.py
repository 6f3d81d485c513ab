"""A form with one file, as browsers send it, read strictly and whole: nothing of it is written to a disk.

Comes in: a request for a page that takes a file (`site.py`), whose sender the doorway has let in already. Goes out: its
fields, each name once, and the file's octets; a form without a file is read as any other.

Standards: RFC 7578 (multipart/form-data); RFC 2046 section 5.1.1 (boundaries).
Failure: FormRefused with 413, 415 or 422; nothing is done.
Limits: 4 MiB of body; 20 parts; one file; no transfer encodings, which RFC 7578 section 4.7 takes away.
"""

import re
from collections.abc import Mapping

from starlette.requests import Request

from portal.forms import FormRefused, media_type_of, read_body, read_form

LARGEST_BODY_OCTETS = 4 * 1024 * 1024
MOST_PARTS = 20
_BOUNDARY = re.compile(r'multipart/form-data; *boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', re.IGNORECASE)
_DISPOSITION = re.compile(rb'content-disposition: form-data; name="([^"]*)"(; filename="[^"]*")?', re.IGNORECASE)


async def read_file_form(request: Request) -> tuple[Mapping[str, str], bytes]:
    """The fields and the file of the request's form. Raises FormRefused."""
    if media_type_of(request) != "multipart/form-data":
        return await read_form(request), b""
    match = _BOUNDARY.fullmatch(request.headers["content-type"].strip())
    if match is None:
        raise FormRefused(415)
    return read_parts(match[1].encode("ascii"), await read_body(request, LARGEST_BODY_OCTETS))


def read_parts(boundary: bytes, body: bytes) -> tuple[Mapping[str, str], bytes]:
    """The fields and the file of a body. Raises FormRefused (422)."""
    before, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if before or len(parts) > MOST_PARTS or not parts or parts.pop().rstrip(b"\r\n") != b"--":
        raise FormRefused(422)
    fields: dict[str, str] = {}
    files = []
    for part in parts:
        name, is_file, content = _read_part(part)
        if is_file:
            files.append(content)
        elif name in fields or "\x00" in (value := _text(content)):
            raise FormRefused(422)
        else:
            fields[name] = value
    if len(files) > 1:
        raise FormRefused(422)
    return fields, files[0] if files else b""


def _read_part(part: bytes) -> tuple[str, bool, bytes]:
    """Its name, whether it is a file, and what it holds."""
    head, end, content = part.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    matches = [match for line in lines if (match := _DISPOSITION.fullmatch(line))]
    if lines[0] or not end or len(matches) != 1:
        raise FormRefused(422)
    return _text(matches[0][1]), matches[0][2] is not None, content


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise FormRefused(422) from None
