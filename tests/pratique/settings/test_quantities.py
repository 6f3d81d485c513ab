"""Sizes, durations, switches and addresses, as tables of what people write."""

import pytest

from pratique.settings.quantities import (
    Address,
    parse_address,
    parse_count,
    parse_duration,
    parse_host,
    parse_octets,
    parse_switch,
    split_list,
    within,
)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("1048576", 1048576),
        ("0", 0),
        ("25M", 25 * 1024**2),
        ("50MB", 50 * 1024**2),
        ("50mb", 50 * 1024**2),
        (" 10 MiB ", 10 * 1024**2),
        ("1.5G", 3 * 1024**3 // 2),
        ("64k", 65536),
        ("7B", 7),
    ],
)
def test_a_size_is_read_in_octets(text: str, octets: int) -> None:
    """Units count in powers of 1024, whatever their spelling."""
    assert parse_octets(text) == octets


@pytest.mark.parametrize("text", ["", "MB", "-1", "1e6", "50 MBit", "1,5M", "0x10", "٣"])
def test_what_is_not_a_size_is_refused(text: str) -> None:
    """The sentence says how a size is written."""
    with pytest.raises(ValueError, match="is not a size: write it like 50MB"):
        parse_octets(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("90", 90),
        ("0.5", 0.5),
        ("250ms", 0.25),
        ("2m", 120),
        ("1h30m", 5400),
        ("1H 30M", 5400),
        ("5d", 432000),
        ("1w", 604800),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    """Units add up; a bare number is seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-5s", "5 days", "1h30", "1y", "s5"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    """The sentence says how a duration is written."""
    with pytest.raises(ValueError, match="is not a duration: write it like 30s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "is_on"),
    [("1", True), ("ON", True), ("yes", True), ("true", True), ("0", False), ("off", False), ("No", False)],
)
def test_a_switch_is_read_in_four_spellings(text: str, is_on: bool) -> None:
    """The case of the letters does not matter."""
    assert parse_switch(text) is is_on


@pytest.mark.parametrize("text", ["", "2", "y", "enabled"])
def test_what_is_not_a_switch_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="neither on nor off"):
        parse_switch(text)


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("127.0.0.1:25", Address("127.0.0.1", 25), "127.0.0.1:25"),
        ("mx.example:2525", Address("mx.example", 2525), "mx.example:2525"),
        ("[::1]:25", Address("::1", 25), "[::1]:25"),
        (" 0.0.0.0:0 ", Address("0.0.0.0", 0), "0.0.0.0:0"),
    ],
)
def test_an_address_is_read_and_shown_alike(text: str, address: Address, shown: str) -> None:
    """An IPv6 host stands in brackets."""
    assert parse_address(text) == address
    assert str(address) == shown


@pytest.mark.parametrize("text", ["", "25", ":25", "127.0.0.1", "::1:25", "host:65536", "host:-1", "a b:25", "[x]:25"])
def test_an_address_without_host_or_port_is_refused(text: str) -> None:
    """An empty host never means every address."""
    with pytest.raises(ValueError, match=r"is not an address|above 65535"):
        parse_address(text)


def test_hosts_counts_and_lists_are_read_strictly() -> None:
    """A host is lower case without its last dot; a count has no sign."""
    assert parse_host("MX.Example.") == "mx.example"
    assert parse_count("50") == 50
    assert split_list(" a, b,,c ") == ("a", "b", "c")
    for parse, text in [(parse_host, "a b"), (parse_host, "-x"), (parse_count, "-1"), (parse_count, "many")]:
        with pytest.raises(ValueError, match="is not a"):
            parse(text)


def test_a_value_outside_its_range_is_refused() -> None:
    """The range itself is inside."""
    parse = within(parse_count, 1, 64, "1 to 64")
    assert [parse("1"), parse("64")] == [1, 64]
    for text in ("0", "65"):
        with pytest.raises(ValueError, match="is outside 1 to 64"):
            parse(text)
