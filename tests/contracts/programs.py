"""A Windows program as small as one can be: sections, and a table of what it imports. It can do nothing."""

import struct
from collections.abc import Mapping, Sequence

_HEADER_OCTETS, _ALIGNMENT, _BASE = 0x400, 0x200, 0x1000
_CODE = 0x60000020


def program(imports: Mapping[str, Sequence[str]] | None = None, code: bytes = b"\xc3") -> bytes:
    """32-bit, with this code and these functions of these libraries."""
    code_octets = _up(len(code))
    table_address = _BASE + 0x1000 * (code_octets // 0x1000 + 1)
    table = _import_table(imports or {}, table_address)
    optional = struct.pack(
        "<HBBIIIIIIIIIHHHHHHIIIIHHIIIIII",
        *(0x10B, 1, 0, code_octets, _up(len(table)), 0, _BASE, _BASE, table_address, 0x400000, 0x1000, _ALIGNMENT),
        *(4, 0, 0, 0, 4, 0, 0, table_address + 0x10000, _HEADER_OCTETS, 0, 2, 0, 0x100000, 0x1000, 0x100000, 0x1000),
        *(0, 16),
    )
    directories = bytearray(16 * 8)
    struct.pack_into("<II", directories, 8, table_address if imports else 0, len(table) if imports else 0)
    sections = _section(b".text", code, _BASE, _HEADER_OCTETS, _CODE)
    sections += _section(b".rdata", table, table_address, _HEADER_OCTETS + code_octets, 0x40000040)
    coff = struct.pack("<HHIIIHH", 0x14C, 2, 0, 0, 0, len(optional) + len(directories), 0x102)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    headers = head + b"PE\0\0" + coff + optional + directories + sections
    return headers.ljust(_HEADER_OCTETS, b"\0") + code.ljust(code_octets, b"\0") + table.ljust(_up(len(table)), b"\0")


def _up(octets: int) -> int:
    return max(1, -(-octets // _ALIGNMENT)) * _ALIGNMENT


def _section(name: bytes, content: bytes, address: int, offset: int, flags: int) -> bytes:
    octets = _up(len(content))
    return struct.pack("<8sIIIIIIHHI", name, octets, address, octets, offset, 0, 0, 0, 0, flags)


def _import_table(imports: Mapping[str, Sequence[str]], address: int) -> bytes:
    """Descriptors, then for each library its name and its functions by name."""
    out = bytearray(20 * (len(imports) + 1))
    for number, (library, functions) in enumerate(imports.items()):
        hints = []
        for function in functions:
            hints.append(address + len(out))
            out += b"\0\0" + function.encode() + b"\0"
            out += b"\0" * (len(out) % 2)
        name = address + len(out)
        out += library.encode() + b"\0"
        out += b"\0" * (-len(out) % 4)
        thunks = address + len(out)
        out += b"".join(struct.pack("<I", hint) for hint in hints) + bytes(4)
        struct.pack_into("<IIIII", out, number * 20, thunks, 0, 0, name, thunks)
    return bytes(out)
