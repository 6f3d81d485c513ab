"""Templates escape what they are given; numbers and times read well."""

from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import UndefinedError

from portal.rendering import STATIC_FOLDER, day, exact, make_environment, size

NOW = datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (12_345, "12 KB"),
        (999_600, "1.0 MB"),
        (52_428_800, "52 MB"),
        (10**12, "1.0 TB"),
        (10**16, "10000 TB"),
    ],
)
def test_a_size_reads_well(octets: int, shown: str) -> None:
    """Two digits that matter and a unit."""
    assert size(octets) == shown


def test_times_read_well() -> None:
    """The day without a leading zero, the zone where seconds are shown."""
    assert exact(NOW.replace(day=4)) == "4 Nov 2026, 09:05:07 UTC"
    assert day(NOW) == "24 Nov 2026, 09:05"


@pytest.mark.parametrize(
    ("age", "shown"),
    [(-5, "just now"), (59, "just now"), (60, "1 min ago"), (7300, "2 h ago"), (90_000, "23 Nov 2026, 08:05")],
)
def test_the_age_of_a_moment_is_shown(age: int, shown: str) -> None:
    """Near moments by their age, others by their date; the exact time is in the title."""
    template = make_environment().from_string('{% from "shapes.html" import moment %}{{ moment(time, now) }}')
    html = template.render(time=NOW - timedelta(seconds=age), now=NOW)
    assert f">{shown}</time>" in html
    assert " UTC" in html


def test_values_are_escaped_and_tamed() -> None:
    """Markup in a value stays text."""
    template = make_environment().from_string('<p title="{{ a }}">{{ a | one_line }}</p>')
    assert "<script" not in template.render(a='"><script>alert(1)</script>')


def test_a_missing_value_is_a_bug() -> None:
    """Nothing is silently left empty."""
    with pytest.raises(UndefinedError):
        make_environment().from_string("{{ missing }}").render()


def test_every_static_file_has_an_address_with_its_digest() -> None:
    """A changed file gets another address."""
    template = make_environment().from_string("{{ asset(name) }}")
    address = template.render(name="bootstrap-5.3.9/bootstrap.min.css")
    assert address.startswith("/static/bootstrap-5.3.9/bootstrap.min.css?v=")


def test_vendored_files_have_their_licences_beside_them() -> None:
    """Each vendored folder holds a LICENSE."""
    folders = [path for path in STATIC_FOLDER.iterdir() if path.is_dir()]
    assert folders
    assert all((folder / "LICENSE").is_file() for folder in folders)


def test_no_template_has_inline_script_or_style() -> None:
    """The content security policy would forbid it."""
    environment = make_environment()
    for name in environment.list_templates(extensions=["html"]):
        source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
        assert " style=" not in source, name
        assert " on" not in " ".join(part.split("=")[0] for part in source.split("<") if part.startswith("script"))
        assert "|safe" not in source.replace(" ", ""), name
