"""Files within HTML and scripts."""

import base64
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.html import MOST_LITERALS, open_html
from tests.contracts.stepping import contents_of

OCTETS = b"PK\3\4" + bytes(range(0, 256, 3)) + b"the end"
CODED = base64.b64encode(OCTETS)


def by(size: int, joint: bytes) -> bytes:
    return joint.join(CODED[at : at + size] for at in range(0, len(CODED), size))


FOUND = {
    "data URL": b'<a href="data:application/zip;base64,' + CODED + b'">',
    "data URL in entities": b'<a href="d&#97;ta&colon;application/zip;base64,' + CODED.replace(b"+", b"&#x2B;") + b'">',
    "literal": b"<script>f('" + CODED + b"')</script>",
    "literals joined": b"<script>f('" + by(20, b"' + '") + b"')</script>",
    "literals joined over lines": b'<script>f("' + by(20, b'" +\r\n\t"') + b'")</script>',
    "list of literals": b'<script>["' + by(20, b'", "') + b'"].join("")</script>',
    "template of lines": b"<script>f(`" + by(76, b"\r\n") + b"`)</script>",
    "lines with backslashes": b"<script>f('" + by(76, b"\\\r\n") + b"')</script>",
    "template of short lines": b"<script>f(`" + by(12, b"\r\n  ") + b"`)</script>",
    "white space between letters": b'<script>atob("' + by(5, b" ") + b'")</script>',
    "code points": b"<script>'" + b"".join(b"\\u{%x}" % octet for octet in OCTETS) + b"'</script>",
    "short octal escapes": b"<script>'" + b"".join(b"\\%o" % octet for octet in OCTETS) + b"'</script>",
    "data URL with a tab in its scheme": b'<a href="da\tta:application/zip;base64,' + by(20, b"\n") + b'">',
    "last line short": b"<binary>\r\n" + by(76, b"\r\n") + b"\r\n</binary>",
    "JSON": b'{"content":"' + CODED.replace(b"/", b"\\/").replace(b"=", b"\\u003d").replace(b"+", b"\\u002B") + b'"}',
    "comments between literals": b"<script>f('" + by(20, b"'/* a */ + /* b */'") + b"')</script>",
    "empty expressions in a template": b"<script>f(`" + by(30, b"${''}") + b"`)</script>",
    "literals that are concatenated": b"<script>f('" + by(30, b"'.concat('") + b"'))</script>",
    "escapes among letters": b"<script>f('" + b"".join(
        b"\\x%02x" % letter if place % 7 == 0 else bytes([letter]) for place, letter in enumerate(CODED)
    ) + b"')</script>",
    "variables": b"<script>"
    + b"".join(b"var v%d='%b';" % (at, CODED[at : at + 44]) for at in range(0, len(CODED), 44)),
    "appended to a variable": b"<script>b+='" + by(16, b"';\r\nb+='") + b"';</script>",
    "taken out again": b"<script>atob('" + by(6, b"@@") + b"'.replace(/@@/g,''))</script>",
    "registry file": b'"a"=hex:' + OCTETS.hex(",").encode().replace(b",0", b",\\\r\n  0"),
    "key added to each": b"<script>[" + b",".join(b"%d" % (octet + 7) for octet in OCTETS) + b"].map(x=>x-7)",
    "key in each call": b"x=" + b"&".join(b"Chr(%d-3)" % (octet + 3) for octet in OCTETS),
    "hexadecimal of Visual Basic": b"x=" + b"&".join(b"ChrW(&H%X)" % octet for octet in OCTETS),
    "casts of PowerShell": b"$b=" + b"+".join(b"[char]%d" % octet for octet in OCTETS),
    "dump": b"".join(b"%08x: %b\n" % (at, OCTETS[at : at + 9].hex(" ").encode()) for at in range(0, len(OCTETS), 9)),
    "ASCII85": b"<~" + base64.a85encode(OCTETS) + b"~>",
    "elements": b"".join(b"<i id=e%d>%b</i>" % (at, CODED[at : at + 44]) for at in range(0, len(CODED), 44)),
    "numbers with spaces between": b"<script>f('" + b" ".join(b"%d" % octet for octet in OCTETS) + b"')",
    "digits with hyphens between": b"<script>f('" + b"-".join(b"%02X" % octet for octet in OCTETS) + b"')",
    "a call for each sign": b"<script>" + b"+".join(b"String.fromCharCode(%d)" % octet for octet in OCTETS),
    "LDIF": b"dn: cn=a\r\njpegPhoto:: " + by(64, b"\r\n ") + b"\r\n",
    "calendar": b"ATTACH;VALUE=BINARY:" + CODED + b"\r\nEND:VEVENT\r\n",
    "Visual Basic": b'x = "' + by(30, b'" & _\r\n    "') + b'"\r\n',
    "SQL": b"VALUES (0x" + OCTETS.hex().encode() + b");",
    "text of an element": b"<div hidden>" + CODED + b"</div>",
    "attribute": b"<div data-x='" + CODED + b"'>",
    "comment": b"<!-- " + CODED + b" -->",
    "hexadecimal": b"<script>f('" + OCTETS.hex().encode() + b"')</script>",
    "numbers": b"<script>[" + b",".join(b"%d" % octet for octet in OCTETS) + b"]</script>",
    "numbers with signs": b"<script>[" + b", ".join(b"%d" % (octet - 256) for octet in OCTETS if octet) + b"]</script>",
    "hexadecimal numbers": b"<script>[" + b",\r\n".join(b"0x%02X" % octet for octet in OCTETS) + b"]</script>",
    "escapes": b"<script>'" + b"".join(b"\\x%02x" % octet for octet in OCTETS) + b"'</script>",
    "octal escapes": b"<script>'" + b"".join(b"\\%03o" % octet for octet in OCTETS) + b"'</script>",
    "code units": b"<script>'" + b"".join(b"\\u%04x" % octet for octet in OCTETS) + b"'</script>",
    "percent signs": b"<script>unescape('" + b"".join(b"%%%02x" % octet for octet in OCTETS) + b"')</script>",
    "backwards": b"<script>x='" + CODED[::-1] + b"'.split('').reverse().join('')</script>",
    "escaped base64": b"<script>'" + b"".join(b"\\x%02x" % letter for letter in CODED) + b"'</script>",
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
def test_finds_the_file(case: str) -> None:
    """Exactly its content is one of the members."""
    wanted = OCTETS.replace(b"\0", b"") if case == "numbers with signs" else OCTETS
    assert wanted in contents_of(open_html, FOUND[case])


def test_inflates_what_a_text_about_deflate_holds() -> None:
    """Raw deflate has no beginning by which it could be known."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    coded = base64.b64encode(packer.compress(OCTETS) + packer.flush())
    assert OCTETS in contents_of(open_html, b'$b="' + coded + b'"; New-Object IO.Compression.DeflateStream')


def test_a_text_in_references_is_read() -> None:
    """A page may spell its whole text so."""
    assert b"<p>EICAR is a test file</p>" in contents_of(
        open_html, b"<p>" + b"".join(b"&#%d;" % octet for octet in b"EICAR is a test file") + b"</p>"
    )


def test_code_units_may_hold_two_octets() -> None:
    """In the order in which processors keep them."""
    text = "".join(f"%u{OCTETS[at + 1]:02x}{OCTETS[at]:02x}" for at in range(0, 40, 2))
    assert OCTETS[:40] in contents_of(open_html, b"<script>unescape('" + text.encode() + b"')")


def test_links_are_no_files() -> None:
    """However long the words within them."""
    link = b'<a href="https://click.example/x/' + CODED.replace(b"+", b"a") + b'?a=b">text</a>'
    assert contents_of(open_html, link) == []


def test_a_flood_of_literals_ends_in_one_artifact() -> None:
    """Nothing is left out, and nothing is refused."""
    text = b"".join(b"'%064x';" % number for number in range(3000))
    found = contents_of(open_html, text)
    assert len(found) == MOST_LITERALS + 1


PIECES = [
    b"data:",
    b"&#",
    b"&#9" * 20,
    b'"',
    b"' + '",
    b"A" * 20,
    b"\\x41",
    b"%u4141",
    b"1,",
    b" ",
    b"=",
    b"\\",
    b"<script>",
    b"chr(65)",
    b"A1 ",
    b"'/**/+'",
    b"${''}",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    contents_of(open_html, text)


@pytest.mark.parametrize(
    "piece", [*PIECES, b"data:,", b"&#1", b"1 , ", b"A" * 19 + b"=", b"' ", b"\\\r\n", b"A" * 39 + b"."]
)
def test_time_is_linear(piece: bytes) -> None:
    """64 KB of anything are read in well under a second."""
    began = time.process_time()
    contents_of(open_html, piece * ((1 << 16) // len(piece)))
    assert time.process_time() - began < 1
