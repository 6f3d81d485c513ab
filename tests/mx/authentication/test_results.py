"""The field: readable by machines, harmless whatever strangers wrote."""

from mx.authentication.dkim import DkimAnswer
from mx.authentication.dmarc import DmarcAnswer
from mx.authentication.questions import Result
from mx.authentication.results import results_field
from mx.authentication.spf import SpfAnswer


def test_every_method_has_its_line() -> None:
    """RFC 8601 section 2.2."""
    field = results_field(
        "mx.example",
        SpfAnswer(Result.PASS, "s.example"),
        "ann@s.example",
        (DkimAnswer(Result.PASS, "s.example", "sel"), DkimAnswer(Result.FAIL, "l.example", "k", "body changed")),
        DmarcAnswer(Result.PASS, "s.example"),
    )
    assert field.split("\r\n\t") == [
        "Authentication-Results: mx.example;",
        "spf=pass smtp.mailfrom=ann@s.example;",
        "dkim=pass header.d=s.example header.s=sel;",
        'dkim=fail reason="body changed" header.d=l.example header.s=k;',
        "dmarc=pass header.from=s.example",
    ]


def test_nothing_can_break_out_of_it() -> None:
    """Quotes, semicolons, line ends and letters of other scripts become question marks."""
    odd = '"a; b"\r\nX: y@dömäin.example'
    answers = SpfAnswer(Result.NONE, odd), DkimAnswer(Result.NONE, odd, odd), DmarcAnswer(Result.NONE, odd)
    field = results_field("mx.example", answers[0], odd, (answers[1],), answers[2])
    assert field.isascii() and field.count("\r\n") == 3 and '"' not in field and field.count(";") == 3
    assert "smtp.helo=" in results_field("mx.example", answers[0], "", (), answers[2])
