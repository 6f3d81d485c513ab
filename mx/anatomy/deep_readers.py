"""The deep readers: all readers, those included that need libraries of others. Imported in deep cells alone.

A library that is not on this machine leaves its kinds out: they are unscannable, and `pratique engines` says so from
`missing`. Libraries are loaded with this file, because a confined cell cannot load them any more.
"""

from collections.abc import Mapping
from functools import partial

from mx.anatomy.containers.archive import FORMATS, archive_reader, open_cabs
from mx.anatomy.containers.compressed import filter_reader
from mx.anatomy.containers.contract import Reader
from mx.anatomy.containers.libarchive import LibArchive, load
from mx.anatomy.containers.office.document import open_ole
from mx.anatomy.containers.office.encryption import lock
from mx.anatomy.containers.pdf.document import open_pdf
from mx.anatomy.containers.pdf.encryption import unlock
from mx.anatomy.containers.rar.archive import open_rars
from mx.anatomy.containers.seven_zip import open_seven_zips
from mx.anatomy.containers.tar import deep_tar_reader
from mx.anatomy.containers.zip.archive import zip_reader
from mx.anatomy.containers.zip.libraries import deep_tools
from mx.anatomy.containers.zstd import open_zstd
from mx.anatomy.kinds import Kind
from mx.anatomy.readers import LIGHT_READERS, Readers

_THROUGH_LIBARCHIVE = (
    Kind.RAR, Kind.CAB, Kind.ISO, Kind.LHA, Kind.AR, Kind.CPIO, Kind.RPM, Kind.XAR, Kind.LZ4, Kind.COMPRESS,
)  # fmt: skip


def archive_readers(library: LibArchive | None) -> Mapping[Kind, Reader]:
    """The readers of archives on a machine with this libarchive, or with none."""
    with_any = {
        Kind.ZIP: zip_reader(deep_tools(library)),
        Kind.SEVEN_ZIP: open_seven_zips(library),
        Kind.ZSTD: open_zstd,
        Kind.TAR: deep_tar_reader(archive_reader(library, FORMATS["tar"]) if library is not None else None),
    }
    if library is None:
        return with_any
    return {
        **with_any,
        **{kind: archive_reader(library, FORMATS[kind.value]) for kind in _THROUGH_LIBARCHIVE if kind.value in FORMATS},
        Kind.CAB: open_cabs(library),
        Kind.RAR: open_rars(library),
        Kind.LZ4: filter_reader(library, "lz4"),
        Kind.COMPRESS: filter_reader(library, "compress"),
    }


_WITH_LIBRARIES: Mapping[Kind, Reader] = {
    **archive_readers(load()),
    Kind.OLE: partial(open_ole, unlock=lock),
    Kind.PDF: partial(open_pdf, unlock=unlock),
}

missing = tuple(kind.value for kind in _THROUGH_LIBARCHIVE if kind not in _WITH_LIBRARIES)
"""The formats that a library is missing for on this machine."""

DEEP_READERS = Readers({**LIGHT_READERS.by_kind, **_WITH_LIBRARIES}, is_deep=True)
