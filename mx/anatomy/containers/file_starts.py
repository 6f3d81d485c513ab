"""File starts: whether octets begin like a file that somebody may run or open.

Documents hold many streams, most of them pages, fonts and pictures; a reader asks here which of them is worth being an
artifact of its own. Used by `office/document.py`, `onenote.py`, `pdf/document.py` and `rtf.py`.

Limits: looks at the first 64 octets.
"""

import re

_SNIFFED_OCTETS = 64
_FILE = re.compile(
    rb"MZ|PK\x03\x04|PK\x05\x06|%PDF|\{\\rt|\xd0\xcf\x11\xe0|Rar!|7z\xbc\xaf|MSCF|\x1f\x8b\x08|BZh|\xfd7zXZ"
    rb"|\x28\xb5\x2f\xfd|ITSF|[FCZ]WS|#!|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\x4c\0\0\0\x01\x14\x02|ActiveMime|X5O!"
    rb"|\x78\x9f\x3e\x22|\xe4\x52\x5c\x7b|From |MIME-Version|Content-T|@echo|\s*begin \d{3}"
    rb"|LZIP[\0\1]|\x04\x22\x4d\x18|\x1f\x9d[\x89-\x90]|\x5d\0\0|xar!\0|!<arch>\n|0707\d\d|\xed\xab\xee\xdb|\x60\xea"
    rb"|conectix|vhdxfile|.{2}-lh[0-9a-z]-|.{7}\*\*ACE\*\*|.{20}\xdc\xa7\xc4\xfd|\x30[\x80-\x84].{0,4}\x06\x09\x2a\x86"
    rb"|\s*<(?:html|script|!doctype|\?xml|svg|hta|job)",
    re.IGNORECASE | re.DOTALL,
)


def begins_like_a_file(octets: bytes) -> bool:
    """Whether this may be a file of its own, by its first octets."""
    return _FILE.match(octets[:_SNIFFED_OCTETS]) is not None
