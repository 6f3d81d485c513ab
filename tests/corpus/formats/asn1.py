"""S/MIME containers in DER and BER: signed (anybody can read what is within) and enveloped (nobody can).

The layout: RFC 5652 sections 3, 5 and 6. Nothing is really signed or encrypted: readers of content do not check.
"""

_OIDS = {
    "data": bytes.fromhex("06092a864886f70d010701"),
    "signed": bytes.fromhex("06092a864886f70d010702"),
    "enveloped": bytes.fromhex("06092a864886f70d010703"),
    "aes": bytes.fromhex("060960864801650304012a"),
}


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def _indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def signed_message(content: bytes, *, is_indefinite: bool = False, pieces: int = 0) -> bytes:
    """SignedData around this message; in pieces, the octets are strings of that size within a string."""
    wrap = _indefinite if is_indefinite or pieces else _der
    if pieces:
        strings = [_der(4, content[at : at + pieces]) for at in range(0, len(content), pieces)]
        octets = _indefinite(0x24, *strings)
    else:
        octets = _der(4, content)
    inner = wrap(0x30, _OIDS["data"], wrap(0xA0, octets))
    signed = wrap(0x30, _der(2, b"\1"), _der(0x31), inner, _der(0x31))
    return wrap(0x30, _OIDS["signed"], wrap(0xA0, signed))


def enveloped_message(size: int = 512) -> bytes:
    """EnvelopedData of this many octets."""
    cipher = _der(0x30, _OIDS["aes"], _der(4, b"i" * 16))
    content = _der(0x30, _OIDS["data"], cipher, _der(0x80, b"\xaa" * size))
    recipient = _der(
        0x30, _der(2, b"\0"), _der(0x30, _der(0x30), _der(2, b"\1")), _der(0x30, _OIDS["data"]), _der(4, b"k" * 64)
    )
    return _der(0x30, _OIDS["enveloped"], _der(0xA0, _der(0x30, _der(2, b"\0"), _der(0x31, recipient), content)))
