"""Shortcuts, and what hides in them."""

from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.shortcut import open_shortcut
from mx.anatomy.kinds import Kind, kinds
from tests.contracts.stepping import contents_of

HEAD = b"L\0\0\0\x01\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0F" + b"\0" * 56


def test_arguments_and_what_is_appended_are_one_text() -> None:
    """Whatever octets each is written in."""
    (text,) = contents_of(open_shortcut, HEAD + "powershell -enc AAAA".encode("utf-16-le") + b"<script>x</script>")
    assert b"powershell -enc AAAA<script>x</script>" in text


def test_a_shortcut_is_known_by_its_beginning() -> None:
    """And an archive behind it as well."""
    assert kinds(whole(HEAD), "") == [Kind.SHORTCUT]
    assert Kind.SEVEN_ZIP in kinds(whole(HEAD + b"7z\xbc\xaf\x27\x1c"), "")
