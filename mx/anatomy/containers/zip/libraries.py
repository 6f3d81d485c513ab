"""What a zip needs libraries for: members packed by deflate64, zstd or PPMd, and members that are encrypted.

`archive.py` is given these in a deep cell. Decryption is left to libarchive: a member is laid before it as the only one
of a zip that says "stored, encrypted", so what comes back is the member as it was packed, for `archive.py` to unpack.

Standards: PKWARE APPNOTE 6.3.10 sections 4.4.5, 6.1 (traditional encryption); the published description of WinZip's
AE-1 and AE-2.
Failure: None or an incomplete `Unpacked`; nothing is raised but LimitReached.
"""

import hashlib
import hmac
import struct
from dataclasses import replace

import inflate64

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.containers.inflate import Unpacked
from mx.anatomy.containers.libarchive import Asked, Entry, LibArchive
from mx.anatomy.containers.zip.directory import AES_FIELD, AES_METHOD, LOCAL, LOCAL_SIGNATURE, ZipEntry
from mx.anatomy.containers.zip.members import LIGHT_TOOLS, Tools
from mx.anatomy.containers.zstd import unpack_zstd

_DEFLATE64_PIECE_OCTETS = 4 << 10
_PPMD = 98
_ASKED = Asked(("zip_streamable",))
_ANY_SIZE = 0xFFFFFFFE
_AES_ROUNDS = 1000
_AES_CHECK_OCTETS, _AES_CODE_OCTETS = 2, 10


def unpack_deflate64(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """One deflate64 stream; fed in small pieces, since each piece's output comes at once."""
    stream, octets = inflate64.Inflater(), 0
    pieces: list[bytes] = []
    for place in range(start, end, _DEFLATE64_PIECE_OCTETS):
        budget.check_time()
        fed_to = min(end, place + _DEFLATE64_PIECE_OCTETS)
        try:
            out = stream.inflate(base[place:fed_to])
        except (ValueError, RuntimeError, OSError, MemoryError, EOFError):
            return Unpacked(b"".join(pieces), fed_to, False)
        pieces.append(out)
        octets += len(out)
        budget.charge_octets(len(out))
        budget.check_ratio(fed_to - start, octets)
        if stream.eof:
            # Where in this piece it ended is not told, so whatever may follow is searched from its beginning on.
            return Unpacked(b"".join(pieces), place, True)
    return Unpacked(b"".join(pieces), end, False)


def deep_tools(library: LibArchive | None) -> Tools:
    """All that `archive.py` needs in a deep cell; without libarchive no PPMd, and what is encrypted stays so."""
    methods = {9: unpack_deflate64, 20: unpack_zstd, 93: unpack_zstd}
    if library is None:
        return Tools({**LIGHT_TOOLS.methods, **methods}, decrypt=_stays_closed)

    def unpack_ppmd(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
        alone = _alone(base[start:end], _PPMD)
        out = b"".join(found.octets for found in library.entries(alone, _ASKED, budget) if isinstance(found, Entry))
        # Nothing but the checksum, which is not told here, says whether the end of a PPMd stream is its end.
        return Unpacked(out, end, bool(out))

    def decrypt(packed: Stretch, entry: ZipEntry, password: bytes, budget: Budget) -> bytes | None:
        if entry.aes_strength and not _is_authentic(packed.raw, entry.aes_strength, password):
            return None
        asked = replace(_ASKED, passphrase=password)
        for found in library.entries(_alone_encrypted(packed.raw, entry), asked, budget):
            # What else comes is the failure of a checksum that was made of the plain octets, not of the packed ones.
            return found.octets or None if isinstance(found, Entry) else None
        return None

    return Tools({**LIGHT_TOOLS.methods, **methods, _PPMD: unpack_ppmd}, decrypt)


def _is_authentic(packed: bytes, strength: int, password: bytes) -> bool:
    """Whether this password is the one: the two octets that libarchive looks at can be made to fit any word."""
    key_octets, salt_octets = 8 * (strength + 1), 4 * (strength + 1)
    keys = hashlib.pbkdf2_hmac("sha1", password, packed[:salt_octets], _AES_ROUNDS, 2 * key_octets + _AES_CHECK_OCTETS)
    check, key = keys[2 * key_octets :], keys[key_octets : 2 * key_octets]
    if not packed.startswith(check, salt_octets):  # as with nearly every wrong one: no need to read it all
        return False
    content = packed[salt_octets + _AES_CHECK_OCTETS : -_AES_CODE_OCTETS]
    code = hmac.digest(key, content, "sha1")[:_AES_CODE_OCTETS]
    return hmac.compare_digest(code, packed[-_AES_CODE_OCTETS:])


def _stays_closed(packed: Stretch, entry: ZipEntry, password: bytes, budget: Budget) -> bytes | None:
    return None


def _alone_encrypted(packed: bytes, entry: ZipEntry) -> Stretch:
    """A zip of this one encrypted member, as if its content had been stored."""
    if entry.aes_strength:
        # Version 2 has no checksum of the plain octets. Seven octets: version, vendor, strength, method.
        field = struct.pack("<HHH2sBH", AES_FIELD, 7, 2, b"AE", entry.aes_strength, 0)
        return _alone(packed, AES_METHOD, 1, 0, field)
    # The password is checked against the checksum's highest octet, or the time's where the checksum comes later.
    return _alone(packed, 0, 1, (entry.time >> 8) << 24 if entry.has_descriptor else entry.checksum)


def _alone(packed: bytes, method: int, flags: int = 0, checksum: int = 0, extra: bytes = b"") -> Stretch:
    header = LOCAL.pack(51, flags, method, 0, 0, checksum, len(packed), _ANY_SIZE, 1, len(extra))
    return whole(LOCAL_SIGNATURE + header[len(LOCAL_SIGNATURE) :] + b"x" + extra + packed)
