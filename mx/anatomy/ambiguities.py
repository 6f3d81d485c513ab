"""The ambiguities: each place where two mail programs are known to read the same octets differently, with its name.

The anatomy reports them; every plausible reading has then been made into artifacts, or the message is unscannable.
The names are public: they stand in the trace, in the portal and in headers, so a name never changes its meaning.
"""

from enum import StrEnum


class AmbiguityName(StrEnum):
    """One name for each kind of place."""

    DUPLICATE_CONTENT_TYPE = "duplicate-content-type"
    DUPLICATE_CONTENT_TRANSFER_ENCODING = "duplicate-content-transfer-encoding"
    DUPLICATE_PARAMETER = "duplicate-parameter"
    """The boundary is given twice in one Content-Type."""
    UNKNOWN_TRANSFER_ENCODING = "unknown-transfer-encoding"
    ENCODED_MULTIPART = "encoded-multipart"
    """A multipart under base64 or quoted-printable, which RFC 2045 section 6.4 forbids."""
    BASE64_NONCANONICAL = "base64-noncanonical"
    QUOTED_PRINTABLE_NONCANONICAL = "quoted-printable-noncanonical"
    BOUNDARY_ABSENT = "boundary-absent"
    """A multipart whose Content-Type names no boundary."""
    BOUNDARY_NOT_FOUND = "boundary-not-found"
    BOUNDARY_UNCLOSED = "boundary-unclosed"
    BOUNDARY_WHITESPACE = "boundary-whitespace"
    """White space after a boundary line, or at the end of the boundary itself."""
    BOUNDARY_PREFIX = "boundary-prefix"
    """A line that begins with the boundary and goes on."""
    PARTS_AFTER_CLOSE = "parts-after-close"
    HEADER_NUL = "header-nul"
    HEADER_MALFORMED = "header-malformed"
    """A line in a header that is neither a field nor a continuation."""
    HEADER_NAME_WHITESPACE = "header-name-whitespace"
    BARE_CR_IN_HEADER = "bare-cr-in-header"
    BARE_LF = "bare-lf"
    """Line ends of both kinds in one header."""
    BROKEN_ZIP = "broken-zip"
    BROKEN_GZIP = "broken-gzip"
    BROKEN_TAR = "broken-tar"
    ZIP_DISAGREEMENT = "zip-disagreement"
    """A zip's directory and the headers before its members differ."""
    ZIP_HIDDEN_MEMBER = "zip-hidden-member"
    """A member that stands in the zip but not in its directory."""
    GZIP_TRAILING = "gzip-trailing"
