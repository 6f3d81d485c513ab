"""The readers: which reader opens which kind, in the light cells that every message meets first.

Light readers import nothing but the standard library. `deep_readers.py` has the rest, which need libraries; a light
cell that comes upon one of their kinds gives the whole message to a deep cell (`DeeperCellNeeded`); so does a light
reader that comes upon something of the kind within its own format.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mx.anatomy.containers.activemime import open_activemime
from mx.anatomy.containers.apple_file import open_apple_file
from mx.anatomy.containers.base64_block import open_base64_blocks
from mx.anatomy.containers.binhex import open_binhex
from mx.anatomy.containers.calendar import open_calendar
from mx.anatomy.containers.cms import open_cms
from mx.anatomy.containers.compressed import open_bzip2, open_lzip, open_lzma, open_xz
from mx.anatomy.containers.contract import Reader
from mx.anatomy.containers.fat import open_fat
from mx.anatomy.containers.gzip import open_gzip
from mx.anatomy.containers.html import open_html
from mx.anatomy.containers.office.document import open_ole
from mx.anatomy.containers.office.package_part import open_package_part
from mx.anatomy.containers.onenote import open_onenote
from mx.anatomy.containers.partitions import open_partitions
from mx.anatomy.containers.pdf.document import open_pdf
from mx.anatomy.containers.pgp import open_pgp
from mx.anatomy.containers.quoted_block import open_quoted_block
from mx.anatomy.containers.recoded import open_recoded
from mx.anatomy.containers.rtf import open_rtf
from mx.anatomy.containers.script_archive import open_script_archive
from mx.anatomy.containers.shortcut import open_shortcut
from mx.anatomy.containers.tar import open_tar
from mx.anatomy.containers.tnef.attachment import open_tnef
from mx.anatomy.containers.udf.image import open_udf
from mx.anatomy.containers.uuencode import open_uuencode
from mx.anatomy.containers.virtual_disks import open_vhd, open_vhdx
from mx.anatomy.containers.yenc import open_yenc
from mx.anatomy.containers.zip.archive import open_zip
from mx.anatomy.containers.zlib_stream import open_zlib
from mx.anatomy.kinds import Kind


@dataclass(frozen=True, slots=True)
class Readers:
    """What one cell can open."""

    by_kind: Mapping[Kind, Reader]
    is_deep: bool
    """True where nobody else could open what is missing here: it is then unscannable."""


LIGHT_READERS = Readers(
    {
        Kind.ZIP: open_zip,
        Kind.GZIP: open_gzip,
        Kind.TAR: open_tar,
        Kind.UUENCODE: open_uuencode,
        Kind.YENC: open_yenc,
        Kind.BINHEX: open_binhex,
        Kind.BASE64: open_base64_blocks,
        Kind.QUOTED_PRINTABLE: open_quoted_block,
        Kind.SHORTCUT: open_shortcut,
        Kind.SCRIPT_ARCHIVE: open_script_archive,
        Kind.TEXT: open_recoded,
        Kind.HTML: open_html,
        Kind.CALENDAR: open_calendar,
        Kind.CMS: open_cms,
        Kind.PGP: open_pgp,
        Kind.BZIP2: open_bzip2,
        Kind.XZ: open_xz,
        Kind.LZMA: open_lzma,
        Kind.LZIP: open_lzip,
        Kind.ZLIB: open_zlib,
        Kind.APPLE_FILE: open_apple_file,
        Kind.TNEF: open_tnef,
        Kind.OLE: open_ole,
        Kind.PDF: open_pdf,
        Kind.RTF: open_rtf,
        Kind.ONENOTE: open_onenote,
        Kind.PACKAGE_PART: open_package_part,
        Kind.ACTIVEMIME: open_activemime,
        Kind.UDF: open_udf,
        Kind.VHD: open_vhd,
        Kind.VHDX: open_vhdx,
        Kind.FAT: open_fat,
        Kind.DISK: open_partitions,
    },
    is_deep=False,
)
