"""Virtual disks that grow, made in code: VHD and VHDX with a block map.

The formats: Microsoft's VHD specification 1.0; MS-VHDX 6.0.
"""

import struct

VHD_BLOCK, VHDX_BLOCK = 64 << 10, 1 << 20
_MEBIBYTE = 1 << 20


def dynamic_vhd(disk: bytes, *, kind: int = 3, is_scattered: bool = False, is_mapped: bool = True) -> bytes:
    """A VHD that keeps what is not zeros; `is_scattered` in another order, without its maps of sectors on demand."""
    blocks = [disk[at : at + VHD_BLOCK].ljust(VHD_BLOCK, b"\0") for at in range(0, len(disk), VHD_BLOCK)]
    kept = [number for number, block in enumerate(blocks) if block.strip(b"\0")]
    ordered = kept[::-1] if is_scattered else kept
    table_octets = -(-4 * len(blocks) // 512) * 512
    first = (512 + 1024 + table_octets) // 512
    in_file = (512 + VHD_BLOCK) // 512
    places = {number: first + index * in_file for index, number in enumerate(ordered)}
    footer = struct.pack(">8sIIQ24xQ4xI", b"conectix", 2, 0x10000, 512, len(disk), kind)
    header = struct.pack(">8sQQIII", b"cxsparse", 0xFFFFFFFFFFFFFFFF, 1536, 0x10000, len(blocks), VHD_BLOCK)
    table = b"".join(struct.pack(">I", places.get(number, 0xFFFFFFFF)) for number in range(len(blocks)))
    sectors = (b"\xff" if is_mapped else b"\0") * (VHD_BLOCK // 512 // 8)
    data = b"".join(sectors.ljust(512, b"\0") + blocks[number] for number in ordered)
    whole = footer.ljust(512, b"\0") + header.ljust(1024, b"\0") + table.ljust(table_octets, b"\xff") + data
    return whole + footer.ljust(512, b"\0")


def vhdx(disk: bytes, *, state: int = 6, has_log: bool = False, has_parent: bool = False) -> bytes:
    """A VHDX with blocks of 1 MiB that keeps what is not zeros."""
    blocks = [disk[at : at + VHDX_BLOCK].ljust(VHDX_BLOCK, b"\0") for at in range(0, len(disk), VHDX_BLOCK)]
    kept = [number for number, block in enumerate(blocks) if block.strip(b"\0")]
    places = {number: (4 + index) * _MEBIBYTE | state for index, number in enumerate(kept)}
    in_chunk = (1 << 23) * 512 // VHDX_BLOCK
    entries = [0] * (len(blocks) + len(blocks) // in_chunk + 1)
    for number, entry in places.items():
        entries[number + number // in_chunk] = entry
    header = b"head" + bytes(4) + struct.pack("<Q", 1) + bytes(32) + (b"\1" if has_log else b"\0") * 16
    regions = b"regi" + bytes(4) + struct.pack("<II", 2, 0)
    regions += bytes.fromhex("6677c22d23f600429d64115e9bfd4a08") + struct.pack("<QII", 3 * _MEBIBYTE, _MEBIBYTE, 1)
    regions += bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e") + struct.pack("<QII", 2 * _MEBIBYTE, _MEBIBYTE, 1)
    metadata = b"metadata" + struct.pack("<HH20x", 0, 2)
    metadata += bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b") + struct.pack("<IIII", 65536, 8, 4, 0)
    metadata += bytes.fromhex("1dbf41816fa90947ba47f233a8faab5f") + struct.pack("<IIII", 65544, 4, 6, 0)
    parameters = struct.pack("<III", VHDX_BLOCK, 2 if has_parent else 0, 512)
    whole = bytearray(4 * _MEBIBYTE)
    for place, octets in (
        (0, b"vhdxfile"), (64 << 10, header), (192 << 10, regions), (2 * _MEBIBYTE, metadata),
        (2 * _MEBIBYTE + 65536, parameters), (3 * _MEBIBYTE, struct.pack(f"<{len(entries)}Q", *entries)),
    ):  # fmt: skip
        whole[place : place + len(octets)] = octets
    return bytes(whole) + b"".join(blocks[number] for number in kept)
