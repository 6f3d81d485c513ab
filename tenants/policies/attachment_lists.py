"""The ready-made attachment lists: endings, media types and readings of what few people send each other. Pure.

A policy names one in a rule such as `list:executables=reject-and-keep`; none is on by itself. Five are by purpose, four
are what others block, as they publish it, and `everything` is all of them together.

Each list has its date and its reason; a change of a list is a change of Pratique's version, and stands in CHANGELOG.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class AttachmentList:
    """What one list blocks: an artifact that fits one of its entries."""

    reason: str
    """Why it is there, in a sentence for people."""
    as_of: date
    """When it was last compared with what it follows."""
    endings: frozenset[str]
    """What stands behind a dot at the end of a name."""
    declared: frozenset[str] = frozenset()
    """Media types that the message claims."""
    types: frozenset[str] = frozenset()
    """Media types that the content shows (`mx/anatomy/true_type.py`)."""
    readings: frozenset[str] = frozenset()
    """How it was come by: `macro-source` is a macro within a document."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_AS_OF = date(2026, 11, 27)
_BY_PURPOSE = {
    "executables": AttachmentList(
        "Programs, and what installs them.",
        _AS_OF,
        _words(
            "ace ani apk app appx appxbundle application cab chm com cpl deb dex diagcab diagcfg diagpkg dll dmg"
            " elf ex ex_ exe fxp gadget hlp jar jnlp kext library macho msi msix msixbundle msp mst msu nsh ocx"
            " ops osd pcd pif pkg plg prf prg printerexport pyz pyzw rpm scr sys uif vsmacros vxd xap xbap xll"
        ),
        _words(
            "application/x-msdownload application/x-msdos-program application/java-archive application/prg"
        ),
        _words(
            "application/vnd.microsoft.portable-executable application/x-dosexec application/x-executable"
            " application/x-mach-binary application/java-vm application/java-archive application/x-msi"
            " application/vnd.android.package-archive application/vnd.android.dex application/x-appx"
            " application/x-rpm application/vnd.debian.binary-package application/vnd.ms-htmlhelp"
            " application/x-xar"
        ),
    ),
    "scripts": AttachmentList(
        "Text that a program runs when it is opened.",
        _AS_OF,
        _words(
            "asp aspx bas bat btm cmd csh hta htc inf ins isp its js jse ksh mjs msh msh1 msh1xml msh2 msh2xml"
            " mshxml pl ps1 ps1xml ps11 ps11xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 py pyc pyo pyw reg scf sct sh"
            " shb shs vb vbe vbp vbs ws wsb wsc wsf wsh"
        ),
        _words(
            "application/hta application/javascript application/x-javascript application/ecmascript"
            " text/javascript text/scriptlet text/vbscript x-internet-signup application/x-sh application/x-csh"
            " application/x-bat"
        ),
        _words(
            "application/hta text/vbscript.encode text/scriptlet text/x-registry application/x-bat"
            " application/x-shellscript"
        ),
    ),
    "macro-capable": AttachmentList(
        "Documents in a form that can hold macros, and any document that holds one.",
        _AS_OF,
        _words(
            "ade adp docm dotm mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz potm ppa ppam"
            " ppsm pptm sldm xla xlam xlm xlsb xlsm xltm"
        ),
        _words(
            "application/vnd.ms-word.document.macroenabled.12 application/vnd.ms-word.template.macroenabled.12"
            " application/vnd.ms-excel.sheet.macroenabled.12 application/vnd.ms-excel.template.macroenabled.12"
            " application/vnd.ms-excel.addin.macroenabled.12 application/vnd.ms-excel.sheet.binary.macroenabled.12"
            " application/vnd.ms-powerpoint.presentation.macroenabled.12 application/msaccess"
        ),
        _words(
            "application/vnd.ms-word.document.macroenabled.12 application/vnd.ms-excel.sheet.macroenabled.12"
            " application/vnd.ms-powerpoint.presentation.macroenabled.12 application/vnd.ms-access"
            " application/vnd.ms-excel.sheet.binary.macroenabled.12"
        ),
        _words("macro-source"),
    ),
    "disk-images": AttachmentList(
        "Images of disks, which a system opens like a folder and whose files lose the mark of their origin.",
        _AS_OF,
        _words("dmg img iso qcow2 udf vdi vhd vhdx vmdk wim"),
        _words(
            "application/x-iso9660-image application/x-apple-diskimage application/x-vhd application/x-vhdx"
        ),
        _words(
            "application/x-iso9660-image application/x-apple-diskimage application/x-vhd application/x-vhdx"
        ),
    ),
    "shortcuts": AttachmentList(
        "Small files that start something which lies elsewhere.",
        _AS_OF,
        _words(
            "appref-ms cdxml desktop lnk maff mcf msc pif rdp scf search-ms searchconnector-ms settingcontent-ms"
            " theme url webloc webpnp website xnk"
        ),
        _words("application/x-ms-shortcut application/x-mswinurl"),
        _words("application/x-ms-shortcut application/x-mswinurl"),
    ),
}  # fmt: skip
_BY_OTHERS = {
    "exchange-2007": AttachmentList(
        "What the attachment filter of Exchange blocks when nobody changes it (its documentation of 2016).",
        _AS_OF,
        _words(
            "ade adp app asx bas bat chm cmd com cpl crt csh exe fxp hlp hta inf ins isp js jse ksh lnk mda mdb"
            " mde mdt mdw mdz msc msi msp mst ops pcd pif prf prg ps1 ps1xml ps11 ps11xml ps2 ps2xml psc1 psc2 reg"
            " scf scr sct shb shs url vb vbe vbs wsc wsf wsh xnk"
        ),
        _words(
            "application/hta application/javascript application/msaccess application/prg application/x-javascript"
            " application/x-msdownload message/partial text/javascript text/scriptlet x-internet-signup"
        ),
    ),
    "microsoft-365": AttachmentList(
        "The common attachments filter of Microsoft 365, by default (13 May 2025).",
        _AS_OF,
        _words(
            "ace ani apk app appx arj bat cab cmd com deb dex dll docm elf exe hta img iso jar jnlp kext lha lib"
            " library lnk lzh macho msc msi msix msp mst pif ppa ppam reg rev scf scr sct sys uif vb vbe vbs vxd"
            " wsc wsf wsh xll xz z"
        ),
        types=_words(
            "application/x-ace application/vnd.android.package-archive application/x-appx application/x-arj"
            " application/vnd.ms-cab-compressed application/vnd.debian.binary-package application/vnd.android.dex"
            " application/vnd.microsoft.portable-executable application/x-dosexec application/x-executable"
            " application/hta application/x-iso9660-image application/java-archive application/x-ms-shortcut"
            " application/x-mach-binary application/x-msi text/x-registry application/x-xz text/vbscript.encode"
        ),
    ),
    "gmail": AttachmentList(
        "What Gmail does not take.",
        _AS_OF,
        _words(
            "ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe hta"
            " img ins iso isp jar jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif ps1 scr sct"
            " shb sys vb vbe vbs vhd vxd wsc wsf wsh xll"
        ),
        types=_words(
            "application/vnd.microsoft.portable-executable application/x-dosexec application/vnd.android.package-"
            " archive application/x-msi application/x-ms-shortcut application/java-archive application/vnd.ms-"
            " htmlhelp"
        ),
    ),
    "outlook": AttachmentList(
        "What Outlook and its web form do not open.",
        _AS_OF,
        _words(
            "ade adp app application appref-ms asp aspx asx bas bat bgi cab cdxml cer chm cmd cnt com cpl crt csh"
            " der diagcab exe fxp gadget grp hlp hpj hta htc inf ins iso isp its jar jnlp js jse ksh lnk mad maf"
            " mag mam maq mar mas mat mau mav maw mcf mda mdb mde mdt mdw mdz mht mhtml msc msh msh1 msh1xml msh2"
            " msh2xml mshxml msi msp mst msu ops osd pcd pif pl plg prf prg printerexport ps1 ps1xml ps2 ps2xml"
            " psc1 psc2 psd1 psdm1 pssc pst py pyc pyo pyw pyz pyzw reg scf scr sct settingcontent-ms shb shs"
            " theme tmp udl url vb vbe vbp vbs vhd vhdx vsmacros vsw webpnp website ws wsb wsc wsf wsh xbap xll"
            " xnk"
        ),
    ),
}


def _union(lists: list[AttachmentList]) -> AttachmentList:
    return AttachmentList(
        "All the other lists together.",
        _AS_OF,
        frozenset().union(*(each.endings for each in lists)),
        frozenset().union(*(each.declared for each in lists)),
        frozenset().union(*(each.types for each in lists)),
        frozenset().union(*(each.readings for each in lists)),
    )


LISTS: Mapping[str, AttachmentList] = (
    _BY_PURPOSE | _BY_OTHERS | {"everything": _union([*_BY_PURPOSE.values(), *_BY_OTHERS.values()])}
)
"""All lists by the names that rules give them."""
