"""Each command line gives its command, or the reply that refuses it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import reply
from mx.envelope import Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.grammar import Bdat, Command, Hello, Mail, Rcpt, Verb, XClient, parse


def mail(address: str, *words: str) -> Mail:
    """What a good MAIL gives."""
    return Mail(ReversePath(address), words)


def rcpt(address: str, *words: str) -> Rcpt:
    """What a good RCPT gives."""
    return Rcpt(Recipient(address), words)


LONG_LABEL = "d" * 63

CASES: list[tuple[str | bytes, Command | Reply]] = [
    ("EHLO client.example", Hello("client.example", is_esmtp=True)),
    ("ehlo  [192.0.2.1] ", Hello("[192.0.2.1]", is_esmtp=True)),
    ("HELO under_score", Hello("under_score", is_esmtp=False)),
    ("HELO", reply.BAD_HELO),
    ("EHLO a b", reply.BAD_HELO),
    ("EHLO <script>", reply.BAD_HELO),
    ("EHLO " + "x" * 256, reply.BAD_HELO),
    ("EHLO b\u00fccher.example", reply.BAD_HELO),
    ("MAIL FROM:<>", mail("")),
    ("mail from:<A.b@Sender.Example>", mail("A.b@Sender.Example")),
    ("MAIL FROM: <a@b.example>", mail("a@b.example")),
    ("MAIL FROM:<a@b.example> SIZE=5 BODY=7BIT", mail("a@b.example", "SIZE=5", "BODY=7BIT")),
    ("MAIL FROM:<a..b.@docomo.example>", mail("a..b.@docomo.example")),
    ("MAIL FROM:<bounce+a=b%c!d@v.example>", mail("bounce+a=b%c!d@v.example")),
    ('MAIL FROM:<"a> b\\"@c"@d.example>', mail('"a> b\\"@c"@d.example')),
    ("MAIL FROM:<a@[192.0.2.1]>", mail("a@[192.0.2.1]")),
    ("MAIL FROM:<\u00fc@b\u00fccher.example> SMTPUTF8", mail("\u00fc@b\u00fccher.example", "SMTPUTF8")),
    ("MAIL", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:a@b.example", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@b.example", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<@x.example:a@b.example>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a b@c.example>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@b..example>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@b.example.>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@b@c.example>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@b.example>x", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<" + "a" * 600 + "@b.example>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@" + LONG_LABEL + ".example>", mail(f"a@{LONG_LABEL}.example")),
    ("MAIL FROM:<a@d" + LONG_LABEL + ".example>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@" + f"{LONG_LABEL}." * 4 + "example>", reply.BAD_REVERSE_PATH),
    ("MAIL FROM:<a@b.example> =1", reply.BAD_ARGUMENTS),
    ("MAIL FROM:<a@b.example> SIZE=", reply.BAD_ARGUMENTS),
    ("RCPT TO:<b@valid.example>", rcpt("b@valid.example")),
    ("rcpt to: <b@valid.example> X=1", rcpt("b@valid.example", "X=1")),
    ("RCPT TO:<POSTmaster>", rcpt("postmaster")),
    ("RCPT TO:<po\u017ftmaster>", reply.BAD_FORWARD_PATH),
    ("RCPT TO:<>", reply.BAD_FORWARD_PATH),
    ("RCPT TO:<nobody>", reply.BAD_FORWARD_PATH),
    ("RCPT TO:<a@b.example>,<c@d.example>", reply.BAD_FORWARD_PATH),
    ("RCPT TO:<a@b.example(c.example)>", reply.BAD_FORWARD_PATH),
    ("RCPT TO:<" + "a" * 10000 + "@b.example>", reply.BAD_FORWARD_PATH),
    ("RCPT TO:<a@b.example> ?", reply.BAD_ARGUMENTS),
    ("RCPT TO:<@a.example,@b.example:c@d.example>", reply.ROUTED_RECIPIENT),
    ("RCPT TO:<a%b@c.example>", reply.ROUTED_RECIPIENT),
    ("RCPT TO:<a!b@c.example>", reply.ROUTED_RECIPIENT),
    ('RCPT TO:<"a@b"@c.example>', reply.ROUTED_RECIPIENT),
    ("DATA", Verb.DATA),
    ("DATA ", Verb.DATA),
    ("DATA now", reply.BAD_ARGUMENTS),
    ("rset", Verb.RSET),
    ("NOOP any thing", Verb.NOOP),
    ("HELP MAIL", Verb.HELP),
    ("VRFY someone", Verb.VRFY),
    ("VRFY", reply.BAD_ARGUMENTS),
    ("QUIT", Verb.QUIT),
    ("STARTTLS", Verb.STARTTLS),
    ("STARTTLS now", reply.BAD_ARGUMENTS),
    ("BDAT 5 LAST", Bdat(5, is_last=True)),
    ("bdat 0 last", Bdat(0, is_last=True)),
    ("BDAT 100000", Bdat(100000, is_last=False)),
    ("BDAT", reply.BAD_CHUNK),
    ("BDAT -1 LAST", reply.BAD_CHUNK),
    ("BDAT 0x10 LAST", reply.BAD_CHUNK),
    ("BDAT 10 EVIL", reply.BAD_CHUNK),
    ("BDAT 99999999999999999999 LAST", reply.BAD_CHUNK),
    ("BDAT \u0661 LAST", reply.BAD_CHUNK),
    ("AUTH PLAIN AGEAYg==", reply.NOT_OFFERED),
    ("ETRN x.example", reply.NOT_OFFERED),
    ("XCLIENT ADDR=192.0.2.1", XClient("ADDR=192.0.2.1")),
    ("PROXY TCP4 203.0.113.77 127.0.0.1 1111 25", reply.UNKNOWN_COMMAND),
    ("", reply.UNKNOWN_COMMAND),
    (" NOOP", reply.UNKNOWN_COMMAND),
    ("MAILFROM:<a@b.example>", reply.UNKNOWN_COMMAND),
    ("GET / HTTP/1.1", reply.NOT_SMTP),
    ("CONNECT x:25 HTTP/1.1", reply.NOT_SMTP),
    ("NOOP\tx", reply.BAD_OCTETS),
    (b"NOOP \xff", reply.BAD_ARGUMENTS),
    ("NOOP \u2028", reply.BAD_ARGUMENTS),
    ("NOOP \x85", reply.BAD_ARGUMENTS),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=lambda each: repr(each)[:60])
def test_a_line_gives_its_command_or_its_refusal(line: str | bytes, expected: Command | Reply) -> None:
    """One row for each rule."""
    assert parse(line if isinstance(line, bytes) else line.encode()) == expected


@pytest.mark.parametrize("octet", [*range(32), 127])
def test_no_control_octet_is_taken_anywhere(octet: int) -> None:
    """Neither in an address nor where an argument does not matter."""
    for line in (b"NOOP %c", b"MAIL FROM:<a%c@b.example>", b'MAIL FROM:<"a\\%c"@b.example>', b"%cQUIT"):
        assert parse(line % octet) == reply.BAD_OCTETS


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_octets_give_a_command_or_a_refusal(line: bytes) -> None:
    """Nothing raises."""
    result = parse(line)
    assert not isinstance(result, Reply) or result.code >= 400


@given(st.sampled_from(["MAIL FROM:<", "RCPT TO:<"]), st.text('ab.@<>[]:,"\\ %!\u00fc=', max_size=60))
def test_an_address_that_is_taken_is_one_address(opening: str, inside: str) -> None:
    """What comes out can be written between angle brackets again, and means the same."""
    command = parse((opening + inside + ">").encode())
    match command:
        case Mail(reverse_path):
            written = f"MAIL FROM:<{reverse_path.address}>"
        case Rcpt(recipient):
            written = f"RCPT TO:<{recipient.address}>"
            assert recipient.domain
            assert not any(mark in recipient.address.rpartition("@")[0] for mark in "@%!")
        case _:
            return
    again = parse(written.encode())
    assert type(again) is type(command)


@pytest.mark.parametrize("evil", ["a" * 4000, "a." * 2000, '"' + "\\a" * 2000, "@a," * 1500, "[" * 4000, "a@" * 2000])
def test_long_hostile_addresses_are_refused(evil: str) -> None:
    """Patterns that backtrack would not come back from these."""
    assert isinstance(parse(f"RCPT TO:<{evil}".encode()), Reply)
    assert isinstance(parse(f"MAIL FROM:<{evil}>".encode()), Reply)
