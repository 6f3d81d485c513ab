"""Mail as the programs of the world write it: each with its own header fields, boundaries and habits."""

# ruff: noqa: E501
# Mail is easier to compare with mail while its lines stay whole.

import gzip
from collections.abc import Iterator

from tests.corpus.case import Case, clean
from tests.corpus.formats import documents as made
from tests.corpus.formats.zips import zipped
from tests.corpus.letter import encode_base64

TEXT = b"Dear all,\r\n\r\nplease find the minutes of Tuesday below.\r\n\r\nRegards\r\n"
HTML = b"<html><body><p>Dear all,</p><p>please find the minutes of <b>Tuesday</b> below.</p></body></html>\r\n"
WHEN = b"Date: Tue, 24 Nov 2026 09:12:44 +0100\r\n"
WHO = b"From: Anna Author <anna@sender.example>\r\nTo: user@tenant.example\r\nSubject: Minutes\r\n" + WHEN


def cases() -> Iterator[Case]:
    """All of them."""
    for found in (_alternatives(), _single(), _exchange(), _lists(), _reports(), _calendars()):
        for name, content in found:
            yield clean("program", name, content)


def multipart(kind: bytes, boundary: bytes, *parts: bytes, more: bytes = b"", preamble: bytes = b"") -> bytes:
    """A multipart's header fields and body."""
    head = b"Content-Type: multipart/" + kind + b';\r\n boundary="' + boundary + b'"' + more + b"\r\n\r\n" + preamble
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return head + body + b"--" + boundary + b"--\r\n"


def leaf(content: bytes, kind: bytes = b"text/plain; charset=UTF-8", *fields: bytes) -> bytes:
    """A part with these fields."""
    return b"Content-Type: " + kind + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + content


def encoded(content: bytes, kind: bytes, name: bytes) -> bytes:
    """An attachment in base64."""
    fields = (b"Content-Transfer-Encoding: base64", b'Content-Disposition: attachment; filename="' + name + b'"')
    return leaf(encode_base64(content), kind + b'; name="' + name + b'"', *fields)


def _alternatives() -> Iterator[tuple[str, bytes]]:
    """Text and HTML, as thirty programs write it."""
    both = (leaf(TEXT), leaf(HTML, b"text/html; charset=UTF-8"))
    for name, boundary, field, preamble in (
        ("gmail", b"000000000000a1b2c305e6f7a8b9", b"MIME-Version: 1.0", b""),
        ("apple-mail", b"Apple-Mail=_1F2E3D4C-5B6A-7988-A7B6-C5D4E3F2A1B0",
         b"Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3826.300.87.4.3\\))\r\nX-Mailer: Apple Mail (2.3826.300.87.4.3)", b"\r\n"),
        ("iphone", b"Apple-Mail-9A8B7C6D-5E4F-3A2B-1C0D-E9F8A7B6C5D4", b"Mime-Version: 1.0 (1.0)\r\nX-Mailer: iPhone Mail (23A341)", b"\r\n"),
        ("thunderbird", b"------------0bQ8zP3kLmN7vXcY2wRtJhGf",
         b"MIME-Version: 1.0\r\nUser-Agent: Mozilla Thunderbird\r\nContent-Language: en-US", b"This is a multi-part message in MIME format.\r\n"),
        ("outlook", b"----=_NextPart_000_0123_01DC5D3A.1B2C3D40", b"MIME-Version: 1.0\r\nX-Mailer: Microsoft Outlook 16.0",
         b"This is a multipart message in MIME format.\r\n\r\n"),
        ("outlook-com", b"_000_AM0PR01MB1234567890ABCDEF1234567890AM0PR01MB1234eurprd01_",
         b"X-MS-Has-Attach:\r\nX-MS-TNEF-Correlator:\r\nMIME-Version: 1.0", b""),
        ("yahoo", b"----=_Part_1234567_1234567890.1764000000000", b"MIME-Version: 1.0\r\nX-Mailer: WebService/1.1.24000 YMailNovation", b""),
        ("java", b"----=_Part_0_99887766.1764000000001", b"MIME-Version: 1.0\r\nX-Mailer: jakarta", b""),
        ("php", b"b1_4f8e9c0d1a2b3c4d5e6f708192a3b4c5", b"X-Mailer: PHPMailer 7.0.0\r\nMIME-Version: 1.0", b"This is a multi-part message in MIME format.\r\n"),
        ("swiftmailer", b"_=_swift_1764000000_0a1b2c3d4e5f60718293a4b5c6d7e8f9_=_", b"MIME-Version: 1.0", b"\r\n"),
        ("python", b"===============1234567890123456789==", b"MIME-Version: 1.0", b""),
        ("nodemailer", b"--_NmP-0a1b2c3d4e5f6071-Part_1", b"MIME-Version: 1.0", b""),
        ("rails", b"--==_mimepart_6563f0e1a2b3c_1a2b3c4d5e6f708192a", b"Mime-Version: 1.0", b"\r\n"),
        ("lotus-notes", b"=_alternative 0031A2B3C1258D4F_=", b"MIME-Version: 1.0\r\nX-Mailer: HCL Notes Release 12.0.2",
         b"This is a multipart message in MIME format.\r\n"),
        ("groupwise", b"=__PartA1B2C3D4.0__=", b"X-Mailer: Novell GroupWise Internet Agent\r\nMime-Version: 1.0", b"\r\n"),
        ("evolution", b"=-aB3dE5fG7hI9jK1lM3nO", b"User-Agent: Evolution 3.58.0\r\nMIME-Version: 1.0", b"\r\n"),
        ("kmail", b"nextPart2345678.aBcDeFgHiJ", b"MIME-Version: 1.0", b"This is a multi-part message in MIME format.\r\n\r\n"),
        ("mutt", b"k1lZvvs/B4yU6o8G", b"MIME-Version: 1.0\r\nContent-Disposition: inline", b"\r\n"),
        ("the-bat", b"----------0A1B2C3D4E5F60", b"X-Mailer: The Bat! (v11.5) Professional\r\nX-Priority: 3 (Normal)\r\nMIME-Version: 1.0", b""),
        ("eudora", b"=====================_12345678==.ALT", b"X-Mailer: QUALCOMM Windows Eudora Version 7.1.0.9\r\nMime-Version: 1.0", b""),
        ("horde", b"=_aBcDeFgHiJkLmNoPqRsTuV1", b"User-Agent: Horde Application Framework 5\r\nMIME-Version: 1.0", b"This message is in MIME format.\r\n\r\n"),
        ("roundcube", b"=_0a1b2c3d4e5f60718293a4b5c6d7e8f9", b"MIME-Version: 1.0\r\nUser-Agent: Roundcube Webmail/1.7", b""),
        ("amazon-ses", b"----=_Part_12_34.1764000000002", b"MIME-Version: 1.0\r\nFeedback-ID: 1.eu-west-1.x=:AmazonSES", b""),
        ("sendgrid", b"a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e", b"Mime-Version: 1.0", b""),
        ("mailchimp", b"_----------=_MCPart_1234567890", b"X-Mailer: Mailchimp Mailer - **CIDa1b2c3**\r\nMIME-Version: 1.0",
         b"This is a multi-part message in MIME format\r\n\r\n"),
        ("dotnet", b"--boundary_0_a1b2c3d4-e5f6-0718-293a-4b5c6d7e8f90", b"MIME-Version: 1.0", b"\r\n\r\n"),
        ("mimekit", b"=-aBcDeFgHiJkLmNoPqRsTuV==", b"MIME-Version: 1.0", b""),
        ("sap", b"=_mixed_SAP_1234567890", b"Mime-Version: 1.0\r\nX-Mailer: SAP NetWeaver 7.53", b""),
        ("salesforce", b"----=_Part_aB.cD", b"MIME-Version: 1.0\r\nX-SFDC-LK: 00D0", b""),
    ):  # fmt: skip
        head = (
            b"From: Anna <anna@sender.example>\r\nTo: user@tenant.example\r\nSubject: Minutes\r\n"
            + WHEN
            + field
            + b"\r\n"
        )
        yield name, head + multipart(b"alternative", boundary, *both, preamble=preamble)


def _single() -> Iterator[tuple[str, bytes]]:
    yield (
        "cron",
        b"From: root@host.example (Cron Daemon)\r\nTo: root@host.example\r\nSubject: Cron <root@host> run-parts\r\n\r\n/bin/x: ok\r\n",
    )
    yield "sendmail-without-mime", WHO + b"\r\n" + TEXT
    yield "pine", WHO + b"MIME-Version: 1.0\r\nContent-Type: TEXT/PLAIN; charset=US-ASCII\r\n\r\n" + TEXT
    yield "old-content-type", WHO + b"Content-Type: text\r\n\r\n" + TEXT
    yield "mailx", WHO + b"User-Agent: s-nail v14.9.25\r\n\r\n" + TEXT
    yield (
        "scanner",
        WHO
        + multipart(
            b"mixed",
            b"_Scanner_001",
            leaf(b"\r\n"),
            encoded(made.pdf(*made.pdf_pages()), b"application/pdf", b"scan.pdf"),
        ),
    )
    yield (
        "fax",
        WHO
        + multipart(
            b"mixed", b"fax", leaf(b"Fax of 1 page\r\n"), encoded(b"II*\0\x08\0\0\0\0\0", b"image/tiff", b"fax.tif")
        ),
    )
    yield (
        "voice",
        WHO
        + multipart(
            b"voice-message",
            b"vm",
            leaf(b"Voice\r\n"),
            encoded(b"RIFF\x24\0\0\0WAVEfmt ", b"audio/wav", b"m.wav"),
            more=b"; version=2.0",
        ),
    )
    yield "printer-without-date", b"From: printer@host.example\r\nSubject: toner\r\n\r\nToner is low.\r\n"
    yield "html-alone", WHO + b"MIME-Version: 1.0\r\nContent-type: text/html; charset=iso-8859-1\r\n\r\n" + HTML


def _exchange() -> Iterator[tuple[str, bytes]]:
    winmail = made.tnef(b"A harmless text.\r\n", b"minutes.txt")
    tnef = encoded(winmail, b"application/ms-tnef", b"winmail.dat")
    yield "exchange-winmail", WHO + b"MIME-Version: 1.0\r\n" + multipart(b"mixed", b"_NextPart_1", leaf(TEXT), tnef)
    yield (
        "exchange-winmail-picture",
        WHO
        + multipart(
            b"mixed",
            b"_NextPart_2",
            leaf(TEXT),
            encoded(made.tnef(b"\x89PNG\r\n", b"a.png"), b"application/ms-tnef", b"winmail.dat"),
        ),
    )
    attached = leaf(
        WHO + b"MIME-Version: 1.0\r\n" + multipart(b"alternative", b"inner", leaf(TEXT), leaf(HTML, b"text/html")),
        b"message/rfc822",
    )
    yield "forwarded-as-attachment", WHO + multipart(b"mixed", b"outer", leaf(TEXT), attached)
    yield (
        "forwarded-three-times",
        WHO
        + multipart(
            b"mixed", b"o1", leaf(TEXT), leaf(WHO + multipart(b"mixed", b"o2", leaf(TEXT), attached), b"message/rfc822")
        ),
    )
    yield (
        "forwarded-as-text",
        WHO
        + b"\r\n"
        + TEXT
        + b"-----Original Message-----\r\nFrom: b@x.example\r\nTo: c@x.example\r\nSubject: x\r\n\r\nHello\r\n",
    )
    related = multipart(
        b"related",
        b"rel",
        leaf(b'<img src="cid:1">', b"text/html"),
        leaf(
            encode_base64(b"\x89PNG\r\n\x1a\n"), b"image/png", b"Content-ID: <1>", b"Content-Transfer-Encoding: base64"
        ),
        more=b'; type="text/html"',
    )
    yield "picture-in-signature", WHO + b"MIME-Version: 1.0\r\n" + related
    yield (
        "read-receipt-request",
        WHO
        + b"Disposition-Notification-To: anna@sender.example\r\nReturn-Receipt-To: anna@sender.example\r\n\r\n"
        + TEXT,
    )
    yield "recall", WHO + b"X-MS-Exchange-Organization-RecallReport: x\r\n\r\n" + TEXT
    msg = encoded(made.outlook_message(b"A harmless text.", "a.txt"), b"application/vnd.ms-outlook", b"letter.msg")
    yield "msg-attached", WHO + multipart(b"mixed", b"m", leaf(TEXT), msg)
    eml = encoded(WHO + b"\r\n" + TEXT, b"application/octet-stream", b"letter.eml")
    yield "eml-attached", WHO + multipart(b"mixed", b"m", leaf(TEXT), eml)
    one_body = (
        WHO
        + b"MIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    yield "winmail-is-the-body", one_body + encode_base64(winmail)


def _lists() -> Iterator[tuple[str, bytes]]:
    footer = b"_______________________________________________\r\nlist mailing list\r\nlist@lists.example\r\n"
    fields = b"List-Id: <list.lists.example>\r\nList-Unsubscribe: <mailto:u@lists.example>\r\nPrecedence: list\r\nErrors-To: b@lists.example\r\n"
    yield "mailman-footer-in-text", WHO + fields + b"\r\n" + TEXT + footer
    yield (
        "mailman-footer-as-part",
        WHO
        + fields
        + b"MIME-Version: 1.0\r\n"
        + multipart(
            b"mixed",
            b"===============0001==",
            leaf(TEXT),
            leaf(
                footer,
                b'text/plain; charset="us-ascii"',
                b"MIME-Version: 1.0",
                b"Content-Transfer-Encoding: 7bit",
                b"Content-Disposition: inline",
            ),
        ),
    )
    yield (
        "mailman-footer-behind-base64",
        WHO
        + fields
        + b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encode_base64(TEXT)
        + footer,
    )
    yield (
        "mailman-footer-behind-closing",
        WHO + fields + multipart(b"alternative", b"alt", leaf(TEXT), leaf(HTML, b"text/html")) + footer,
    )
    digest = multipart(b"digest", b"dig", b"\r\n" + WHO + b"\r\n" + TEXT, b"\r\n" + WHO + b"\r\n" + TEXT)
    yield "digest", WHO + fields + b"MIME-Version: 1.0\r\n" + digest
    yield (
        "listserv",
        WHO
        + b"Sender: LISTSERV <l@lists.example>\r\nReply-To: list <list@lists.example>\r\nComments: To: list\r\n\r\n"
        + TEXT,
    )
    yield "sympa", WHO + b"X-Loop: list@lists.example\r\nX-Sequence: 42\r\nX-no-archive: yes\r\n\r\n" + TEXT
    yield (
        "google-groups",
        WHO + b"X-Google-Group-Id: 123\r\nMailing-list: list l@g.example; contact o@g.example\r\n\r\n" + TEXT,
    )
    yield (
        "newsletter",
        WHO
        + b'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a href=3D"https://x.example/?a=3D1&b=3D2">Read=\r\n more</a>\r\n',
    )
    picture = encode_base64(
        b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    ).replace(b"\r\n", b"")
    yield (
        "newsletter-data-url",
        WHO
        + b'MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<img src="data:image/gif;base64,'
        + picture
        + b'">\r\n',
    )
    yield (
        "newsletter-data-url-css",
        WHO
        + b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<style>p{background:url('data:image/svg+xml;utf8,<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>')}</style>\r\n",
    )


def _reports() -> Iterator[tuple[str, bytes]]:
    status = leaf(
        b"Reporting-MTA: dns; mx.sender.example\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        b"message/delivery-status",
    )
    original = leaf(WHO + b"\r\n" + TEXT, b"message/rfc822")
    from_daemon = b"From: MAILER-DAEMON@sender.example (Mail Delivery System)\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
    report = b"; report-type=delivery-status"
    yield (
        "bounce-postfix",
        from_daemon
        + multipart(
            b"report",
            b"4F2A.1/mx",
            leaf(b"I'm sorry.\r\n", b"text/plain; charset=us-ascii", b"Content-Description: Notification"),
            status,
            original,
            more=report,
            preamble=b"This is a MIME-encapsulated message.\r\n\r\n",
        ),
    )
    yield (
        "bounce-headers-only",
        from_daemon
        + multipart(b"report", b"b", leaf(b"Sorry\r\n"), status, leaf(WHO, b"text/rfc822-headers"), more=report),
    )
    yield (
        "bounce-exim",
        b"From: Mail Delivery System <Mailer-Daemon@x.example>\r\nSubject: Mail delivery failed\r\nX-Failed-Recipients: a@b.example\r\n\r\nThis message was created automatically.\r\n\r\n------ This is a copy of the message. ------\r\n\r\nReturn-path: <a@x.example>\r\n"
        + WHO
        + b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
        + TEXT,
    )
    yield (
        "bounce-qmail",
        b"From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program.\r\n\r\n<a@b.example>:\r\nUser unknown.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
        + WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(b"alternative", b"q", leaf(TEXT), leaf(HTML, b"text/html")),
    )
    cut = (
        WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(b"mixed", b"cut", leaf(TEXT), encoded(b"x" * 900, b"application/pdf", b"a.pdf"))
    )
    yield (
        "bounce-original-cut-off",
        from_daemon
        + multipart(b"report", b"b", leaf(b"Sorry\r\n"), status, leaf(cut[:600], b"message/rfc822"), more=report),
    )
    receipt = leaf(
        b"Reporting-UA: x; y\r\nFinal-Recipient: rfc822;a@b.example\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n",
        b"message/disposition-notification",
    )
    yield (
        "read-receipt",
        WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(b"report", b"mdn", leaf(b"Read.\r\n"), receipt, more=b"; report-type=disposition-notification"),
    )
    feedback = leaf(b"Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n", b"message/feedback-report")
    yield (
        "abuse-report",
        WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(b"report", b"arf", leaf(b"Abuse.\r\n"), feedback, original, more=b"; report-type=feedback-report"),
    )
    dmarc = encoded(zipped(b"<?xml version='1.0'?><feedback/>", "r.xml"), b"application/zip", b"a!b!1!2.zip")
    yield "dmarc-report", WHO + b"MIME-Version: 1.0\r\n" + multipart(b"mixed", b"dm", leaf(b"Report\r\n"), dmarc)
    tls = encoded(gzip.compress(b"{}", mtime=0), b"application/tlsrpt+gzip", b"r.json.gz")
    yield (
        "tls-report",
        WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(b"report", b"tr", leaf(b"Report\r\n"), tls, more=b"; report-type=tlsrpt"),
    )
    yield "out-of-office", WHO + b"Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n\r\nI am away.\r\n"


def _calendars() -> Iterator[tuple[str, bytes]]:
    event = b"BEGIN:VCALENDAR\r\nPRODID:-//x//y\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTART:20261201T090000Z\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    part = leaf(event, b"text/calendar; charset=UTF-8; method=REQUEST")
    yield (
        "invitation",
        WHO + b"MIME-Version: 1.0\r\n" + multipart(b"alternative", b"c", leaf(TEXT), leaf(HTML, b"text/html"), part),
    )
    yield (
        "invitation-and-file",
        WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(b"mixed", b"c", leaf(TEXT), part, encoded(event, b"application/ics", b"invite.ics")),
    )
    yield (
        "invitation-with-picture",
        WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(
            b"mixed",
            b"c",
            leaf(
                event.replace(
                    b"SUMMARY", b"ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=image/png:iVBORw0KGgo=\r\nSUMMARY"
                ),
                b"text/calendar",
            ),
        ),
    )
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Author\r\nPHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\nEND:VCARD\r\n"
    yield (
        "card",
        WHO
        + b"MIME-Version: 1.0\r\n"
        + multipart(b"mixed", b"c", leaf(TEXT), leaf(card, b"text/x-vcard; name=anna.vcf")),
    )
