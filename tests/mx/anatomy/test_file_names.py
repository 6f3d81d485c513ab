"""Every name of a part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.file_names import file_names, loose_file_names

DISPOSITIONS = [
    (b"attachment; filename=a.pdf", "a.pdf", ()),
    (b'attachment; filename="a b.pdf"', "a b.pdf", ()),
    (b"attachment; filename=a.pdf; filename=b.exe", "a.pdf", ("b.exe",)),
    (b"attachment; filename=a.pdf; filename*=utf-8''b.exe", "a.pdf", ("b.exe",)),
    (b"attachment; filename*1=e; filename*0=a.ex", "a.exe", ()),
    (b'attachment; filename="=?utf-8?q?a.exe?="', "a.exe", ("=?utf-8?q?a.exe?=",)),
    (b'attachment; filename="a%2Eexe"', "a%2Eexe", ("a.exe",)),
    (b'attachment; filename="a.exe. "', "a.exe. ", ("a.exe",)),
    (b'attachment; filename="..\\\\temp\\\\a.exe"', "..\\temp\\a.exe", ("a.exe",)),
    (b'attachment; filename="a.exe\0.pdf"', "a.exe.pdf", ("a.exe",)),
    (b"attachment; filename=my file.exe", "my file.exe", ("my",)),
    (b'attachment; filename="gr\xfcn.exe"', "grün.exe", ()),
]


@pytest.mark.parametrize(("value", "name", "others"), DISPOSITIONS)
def test_all_names_of_a_disposition(value: bytes, name: str, others: tuple[str, ...]) -> None:
    """The one that most programs show first, the others with it."""
    main, further = file_names([], [value])
    assert main == name
    assert set(others) <= set(further)
    assert main not in further


def test_the_content_type_has_a_name_too() -> None:
    """It counts where there is no other, and is one of the others where there is."""
    assert file_names([b"a/b; name=x.exe"], []) == ("x.exe", ())
    assert file_names([b"a/b; name=x.exe"], [b"attachment; filename=y.pdf"]) == ("y.pdf", ("x.exe",))
    assert file_names([b"a/b"], [b"attachment"]) == ("", ())


def test_every_field_of_a_duplicate_counts() -> None:
    """First and last disposition."""
    assert file_names([], [b"a; filename=x.pdf", b"a; filename=y.exe"]) == ("x.pdf", ("y.exe",))


def test_plain_names_have_no_variants() -> None:
    """The common case is short."""
    assert file_names([b'a/b; name="Report (1).pdf"'], [b'attachment; filename="Report (1).pdf"'])[1] == ()


def test_names_of_what_may_be_a_header() -> None:
    """Whatever stands in it."""
    assert loose_file_names(b"\0Content-Disposition: x; filename = \"a.exe\"; y\rname='b'")[0] == "a.exe"
    assert loose_file_names(b"nothing") == ("", ())


@given(st.binary(max_size=100))
def test_any_octets_will_do(value: bytes) -> None:
    """Never raises, and gives at most 25 names."""
    assert len(file_names([b"a/b; name=" + value], [b"attachment; filename*0=" + value])[1]) <= 24
    loose_file_names(b"name=" + value)
