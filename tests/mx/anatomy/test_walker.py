"""The walk, whole: what is found in a message, whatever the message is."""

import itertools
import lzma
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget, Limits
from mx.anatomy.containers.contract import whole
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import Anatomy, walk
from mx.finding import Severity
from tests.contracts.mail import (
    EICAR,
    attached,
    base64_part,
    encrypted_zip,
    gzipped,
    message,
    nested,
    tarred,
    text_part,
    zipped,
)

NO_TIME = itertools.repeat(0.0).__next__


def walked(octets: bytes, **limits: int) -> Anatomy:
    return walk(octets, Budget(NO_TIME, Limits(**limits)), DEEP_READERS)  # type: ignore[arg-type]


def has_alone(anatomy: Anatomy, content: bytes) -> bool:
    return any(stretch.raw.strip() == content for stretch in anatomy.contents)


def named(anatomy: Anatomy) -> set[str]:
    return {finding.name for finding in anatomy.findings}


WAYS = {
    "body": b"Subject: x\r\n\r\n" + EICAR,
    "bare text": EICAR,
    "line feeds": (b"Subject: x\r\n\r\n" + EICAR).replace(b"\r\n", b"\n"),
    "text part": message(text_part(EICAR)),
    "base64": attached(EICAR),
    "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + EICAR.replace(b"=", b"=3D"),
    "zip": attached(zipped(EICAR)),
    "stored zip": attached(zipped(EICAR, method=0)),
    "zip in zip": attached(nested(EICAR, 2)),
    "20 zips": attached(nested(EICAR, 20)),
    "gzip": attached(gzipped(EICAR)),
    "tar": attached(tarred(EICAR)),
    "tar.gz": attached(gzipped(tarred(EICAR))),
    "zip in tar in gzip in zip": attached(zipped(gzipped(tarred(zipped(EICAR))))),
    "zip behind a picture": attached(b"\x89PNG\r\n" + os.urandom(500) + zipped(EICAR)),
    "nested message": message(text_part(), b"Content-Type: message/rfc822\r\n\r\n" + attached(EICAR)),
    "nested message in base64": message(base64_part(attached(EICAR), media_type=b"message/rfc822")),
    "nested message of another type": message(base64_part(attached(EICAR), media_type=b"application/x-thing")),
    "message in zip": attached(zipped(attached(EICAR), "mail.eml")),
    "digest": b'Content-Type: multipart/digest; boundary="d"\r\n\r\n--d\r\n\r\n' + attached(EICAR) + b"\r\n--d--\r\n",
    "nested multipart": message(
        b'Content-Type: multipart/alternative; boundary="in"\r\n\r\n--in\r\n' + base64_part(EICAR) + b"\r\n--in--"
    ),
    "no closing boundary": attached(EICAR).replace(b"--b1--", b""),
    "preamble": attached(b"x").replace(b"\r\n\r\n--b1", b"\r\n\r\n" + EICAR + b"\r\n--b1", 1),
    "epilogue": attached(b"x") + EICAR,
    "duplicate encodings": message(b"Content-Transfer-Encoding: 7bit\r\n" + base64_part(EICAR)),
    "duplicate encodings, other order": message(
        base64_part(EICAR).replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n", 1)
    ),
    "duplicate types": b"Content-Type: text/plain\r\n" + attached(EICAR),
    "unknown encoding": message(base64_part(EICAR).replace(b"Encoding: base64", b"Encoding: base-64")),
    "junk in base64": message(base64_part(EICAR).replace(b"Nvcm", b"N!v*c m").replace(b"WDVP", b"W\0D$VP")),
    "two boundaries": attached(EICAR).replace(b"boundary=", b"boundary=zzz; boundary="),
    "boundary lines with white space": attached(EICAR).replace(b"--b1\r\n", b"--b1 \t\r\n"),
    "junk before the header": b"junk\r\n" + attached(EICAR),
    "bare CR before the type": attached(EICAR).replace(b"\r\nContent-Type: multipart", b"\rContent-Type: multipart"),
    "encoded multipart": message(base64_part(attached(EICAR).partition(b"\r\n\r\n")[2])).replace(
        b"application/octet-stream", b"multipart/mixed; boundary=b1"
    ).replace(b'boundary="b1"', b'boundary="out"').replace(b"--b1", b"--out"),
    "uuencode": b"\r\n\r\nbegin 644 e.com\r\n" + b"".join(
        __import__("binascii").b2a_uu(EICAR[at : at + 45]).replace(b"\n", b"\r\n") for at in (0, 45)
    ) + b"`\r\nend\r\n",
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_finds_the_content_however_it_is_wrapped(way: str) -> None:
    """The same 68 octets come out as an artifact of their own, in every wrapping."""
    anatomy = walked(WAYS[way])
    assert has_alone(anatomy, EICAR), [artifact.name for artifact in anatomy.artifacts]
    assert not anatomy.findings


def test_the_tree_names_its_parents() -> None:
    """Artifacts are numbered depth first, and each knows where it came from."""
    anatomy = walked(attached(zipped(b"x" * 99, "in.txt"), b"out.zip"))
    assert [(part.number, part.parent, part.name, part.reading) for part in anatomy.artifacts] == [
        (0, None, "message", "message"),
        (1, 0, "headers", "headers"),
        (2, 0, "text", "part"),
        (3, 0, "out.zip", "part"),
        (4, 3, "in.txt", "zip-member"),
    ]
    assert anatomy.artifacts[3].declared_type == "application/octet-stream"


HARMLESS = {
    "empty": b"",
    "one line end": b"\r\n",
    "bare text": b"hello",
    "header alone": b"Subject: x\r\n",
    "no final boundary": attached(b"x").replace(b"--b1--\r\n", b""),
    "no boundary parameter": b"Content-Type: multipart/mixed\r\n\r\nhello",
    "boundary never seen": b"Content-Type: multipart/mixed; boundary=x\r\n\r\nhello",
    "a part without a header": message(b"hello"),
    "text that begins with PK": attached(b"PKI certificates"),
    "only the magic of a zip": attached(b"PK\3\4 and text"),
    "only the magic of a gzip": attached(b"\x1f\x8b\x08 and text"),
    "an empty zip": attached(b"PK\5\6" + bytes(18)),
    "a mailing list's footer": message(base64_part(b"word " * 50) + b"_____\r\nlist footer\r\n"),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_odd_but_harmless_mail_is_not_unscannable(case: str) -> None:
    """Malformed alone is not malicious: no findings, at most ambiguities."""
    assert walked(HARMLESS[case]).findings == ()


UNSCANNABLE = {
    "encrypted zip": (attached(encrypted_zip()), "encrypted.zip", Severity.ENCRYPTED),
    "cut zip": (attached(zipped(os.urandom(9000))[:500]), "broken-zip", Severity.UNSCANNABLE),
    "cut gzip": (attached(gzipped(os.urandom(90_000))[:70_000]), "broken-gzip", Severity.UNSCANNABLE),
    "partial": (b"Content-Type: message/partial; id=1\r\n\r\nabc", "message-partial", Severity.UNSCANNABLE),
    "7z": (attached(b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40)), "broken-7z", Severity.UNSCANNABLE),
    "ace": (attached(b"1234567**ACE**"), "unread-container.ace", Severity.UNSCANNABLE),
    "xz in zip": (attached(zipped(lzma.compress(os.urandom(9000))[:5000])), "broken-xz", Severity.UNSCANNABLE),
    "21 zips": (attached(nested(b"x", 21)), "limit.archive-levels", Severity.UNSCANNABLE),
    "bomb": (attached(zipped(zipped(bytes(300 << 20)))), "limit.", Severity.UNSCANNABLE),
}


@pytest.mark.parametrize("case", UNSCANNABLE)
def test_what_cannot_be_examined_is_never_clean(case: str) -> None:
    """Each obstacle gives its finding."""
    octets, name, severity = UNSCANNABLE[case]
    assert any(found.name.startswith(name) and found.severity is severity for found in walked(octets).findings)


def _deep_messages(levels: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * levels + b"Subject: x\r\n\r\n" + EICAR


def _deep_multiparts(levels: int) -> bytes:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(levels))
    return opened + b"\r\n" + EICAR


@pytest.mark.parametrize("make", [_deep_messages, _deep_multiparts])
def test_mime_levels_are_limited(make: object) -> None:
    """60 levels are read; of 61 the message is unscannable, and what was not read stays an artifact."""
    assert walked(make(60)).findings == ()  # type: ignore[operator]
    assert "limit.mime-levels" in named(walked(make(62)))  # type: ignore[operator]


def test_10_000_artifacts_are_the_most() -> None:
    """A message of 100,000 parts ends at the limit, soon."""
    anatomy = walked(message(*[b"\r\n%d" % number for number in range(100_000)]))
    assert named(anatomy) == {"limit.artifacts"}
    assert len(anatomy.artifacts) <= 10_000


def test_a_ratio_is_only_wrong_in_large_artifacts() -> None:
    """15 MiB of zeros are no bomb, 17 MiB are (above 1,000 : 1)."""
    assert walked(attached(zipped(bytes(15 << 20)))).findings == ()
    assert named(walked(attached(zipped(bytes(40 << 20))), ratio_from_octets=16 << 20)) == {"limit.ratio"}


def test_the_clock_ends_the_walk() -> None:
    """CPU seconds that are spent make the message unscannable."""
    ticks = itertools.count()
    anatomy = walk(attached(zipped(b"x")), Budget(lambda: next(ticks) * 4.0))
    assert named(anatomy) == {"limit.time"}


def test_an_archive_within_itself_ends() -> None:
    """The same octets are opened once, so two copies of one archive do not double the work."""
    inner = zipped(EICAR)
    anatomy = walked(message(base64_part(inner), base64_part(inner)))
    assert [part.reading for part in anatomy.artifacts].count("zip-member") == 1


AMBIGUOUS = {
    "duplicate-content-type": b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx",
    "duplicate-content-transfer-encoding": b"Content-Transfer-Encoding: 7bit\r\n" * 2 + b"\r\nx",
    "duplicate-parameter": attached(b"x").replace(b"boundary=", b"boundary=q; boundary="),
    "unknown-transfer-encoding": b"Content-Transfer-Encoding: base46\r\n\r\nx",
    "base64-noncanonical": b"Content-Transfer-Encoding: base64\r\n\r\nAAAA=AAAA",
    "quoted-printable-noncanonical": b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=zz",
    "boundary-absent": b"Content-Type: multipart/mixed\r\n\r\nx",
    "boundary-not-found": b"Content-Type: multipart/mixed; boundary=x\r\n\r\nx",
    "boundary-unclosed": attached(b"x").replace(b"--b1--", b""),
    "boundary-whitespace": attached(b"x").replace(b"--b1\r\n", b"--b1 \r\n"),
    "boundary-prefix": attached(b"x").replace(b"--b1--", b"--b1x\r\n\r\nabc\r\n--b1--"),
    "parts-after-close": attached(b"x") + b"--b1\r\n\r\nmore\r\n--b1--",
    "header-nul": b"Subject: a\0b\r\n\r\nx",
    "header-malformed": b"Subject: a\r\nnothing\r\nTo: b\r\n\r\nx",
    "header-name-whitespace": b"Subject : a\r\n\r\nx",
    "bare-cr-in-header": b"Subject: a\rb\r\n\r\nx",
    "bare-lf": b"Subject: a\nTo: b\r\n\r\nx",
    "broken-zip": attached(b"PK\3\4 and text"),
    "broken-gzip": attached(b"\x1f\x8b\x08 and text"),
    "broken-tar": attached(tarred(b"x" * 9)[:1024] + b"y" * 512),
    "gzip-trailing": attached(gzipped(b"x") + b"y"),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_each_ambiguity_is_named(name: str) -> None:
    """The place that programs read differently goes on record."""
    assert name in {found.name for found in walked(AMBIGUOUS[name]).ambiguities}


def test_ordinary_mail_is_not_ambiguous() -> None:
    """Nothing is found in mail as programs write it."""
    anatomy = walked(message(text_part(), base64_part(zipped(b"abc" * 99)), base64_part(b"%PDF-1.7 x")))
    assert (anatomy.findings, anatomy.ambiguities) == ((), ())


def test_names_are_free_of_control_characters_and_short() -> None:
    """A hostile file name cannot end a line or fill a page."""
    name = walked(attached(b"x", b"a\x01b" + b"c" * 3000)).artifacts[3].name
    assert name.isprintable()
    assert len(name) <= 255


PIECES = st.sampled_from(
    [
        b"Content-Type: ", b"multipart/mixed; boundary=b1", b"message/rfc822", b"text/html", b"\r\n", b"\n", b"\r",
        b"\r\n\r\n", b"--b1", b"--b1--", b"--b1\r\n", b"--b1 \r\n", b"Content-Transfer-Encoding: ", b"base64", b'"',
        b"quoted-printable", b"=", b"=\r\n", b";", b" ", b"\0", b"\\", b"QUJD", b"begin 644 x\n", b"PK\3\4", b"PK\5\6",
        b"\x1f\x8b\x08", b"boundary=", b"filename*0*=utf-8''%41", b"name=x", b"Content-Disposition: a;", b"x: ",
        zipped(b"abc" * 50), gzipped(b"xyz"), tarred(b"q")[:1024], attached(b"z"), zipped(b"abc")[:40],
        encrypted_zip(), zipped(gzipped(tarred(b"m"))), tarred(b"q" * 600),
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=20), max_size=30).map(b"".join))
def test_any_octets_end_in_an_anatomy(octets: bytes) -> None:
    """The walk never raises; its tree is a tree; every stretch lies in its base."""
    anatomy = walked(octets)
    assert anatomy.contents[0].raw == octets
    for part, content in zip(anatomy.artifacts, anatomy.contents, strict=True):
        assert part.parent is None if part.number == 0 else 0 <= (part.parent or 0) < part.number
        assert 0 <= content.start <= content.end <= len(content.base)
    assert all(0 <= found.artifact < len(anatomy.artifacts) for found in (*anatomy.findings, *anatomy.ambiguities))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_archives_end_in_an_anatomy(data: st.DataObject) -> None:
    """Any octets of an archive changed or cut: an anatomy all the same."""
    raw = bytearray(data.draw(st.sampled_from([zipped(zipped(b"abc" * 99)), tarred(b"q" * 600), gzipped(b"x" * 999)])))
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=8)):
        raw[place] = value
    walked(attached(bytes(raw[: data.draw(st.integers(1, len(raw)))])))


class _CountingClock:
    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return 0.0


GROWING = {
    "parts": lambda n: message(*[b"\r\nx"] * n),
    "boundary lines": lambda n: b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * n,
    "closing lines": lambda n: b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b--\r\n" * n,
    "zip members": lambda n: attached(zipped(b"x") * n),
}


@pytest.mark.parametrize("case", GROWING)
def test_work_grows_with_the_size_of_the_message(case: str) -> None:
    """Twice the message asks the clock at most about twice as often."""
    counts = []
    for size in (1000, 2000):
        clock = _CountingClock()
        walk(GROWING[case](size), Budget(clock))  # type: ignore[no-untyped-call]
        counts.append(clock.asked)
    assert counts[1] <= 2.2 * counts[0] + 50


def test_whole_is_all_of_its_octets() -> None:
    """The root is the message as it stands."""
    assert walked(b"abc").contents[0] == whole(b"abc")


def test_each_mime_part_of_the_message_says_where_it_stands() -> None:
    """Header and encoded body, without the line end that belongs to the boundary; what lies deeper has no place."""
    octets = attached(zipped(b"b", "b.txt"), b"a.zip")
    anatomy = walked(octets)
    (part,) = [artifact for artifact in anatomy.artifacts if artifact.name == "a.zip"]
    assert part.span is not None
    start, end = part.span
    assert octets[start:end].startswith(b"Content-")
    assert octets[end : end + 4] == b"\r\n--"
    assert b"a.zip" in octets[start:end]
    assert {artifact.name for artifact in anatomy.artifacts if artifact.parent == part.number} == {"b.txt"}
    assert all(artifact.span is None for artifact in anatomy.artifacts if artifact.parent == part.number)
    assert anatomy.artifacts[0].span is None


def test_a_message_that_is_one_body_spans_itself() -> None:
    """Its header is its part's header."""
    octets = b"Subject: x\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"
    (body,) = [artifact for artifact in walked(octets).artifacts if artifact.reading == "body"]
    assert body.span == (0, len(octets))


def test_a_watch_is_told_what_is_opened_before_it_is() -> None:
    """Digest and kind, each time that the walk turns to another container, and when it comes back to one."""
    octets = attached(zipped(gzipped(b"text"), "inner.gz"), b"outer.zip")
    watched: list[tuple[str, str]] = []
    anatomy = walk(octets, Budget(NO_TIME), watch=lambda sha256, kind: watched.append((sha256, kind)))
    digests = {part.name: part.sha256 for part in anatomy.artifacts}
    message, archive, member = digests["message"], digests["outer.zip"], digests["inner.gz"]
    assert watched == [(message, "message"), (archive, "zip"), (member, "gzip"), (archive, "zip"), (message, "message")]


PARTIAL = b"Content-Type: message/partial; number=1; total=2; id=x\r\n\r\nwords\r\n"
PARTIALS = {
    "its own header": (PARTIAL, True),
    "blank line first": (b"\r\n" + PARTIAL, True),
    "attached as a message": (message(base64_part(PARTIAL, b"a.eml", b"message/rfc822")), True),
    "attached as a file": (attached(PARTIAL, b"a.eml"), True),
    "two types": (b"Content-Type: text/plain\r\nContent-Type: message/rfc822\r\n\r\n" + PARTIAL, True),
    "comment within the type": (PARTIAL.replace(b"/partial", b"/(x)partial"), True),
    "shown text": (b"Subject: x\r\n\r\n" + PARTIAL, False),
    "shown part": (message(text_part(PARTIAL)), False),
}


@pytest.mark.parametrize("case", PARTIALS)
def test_a_text_that_begins_like_a_partial_message_is_none(case: str) -> None:
    """Every program shows it; anything that some program may take for a message is unscannable."""
    octets, is_partial = PARTIALS[case]
    assert ("message-partial" in named(walked(octets))) is is_partial
