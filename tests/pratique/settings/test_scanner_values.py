"""The values of settings that name scanners."""

import pytest

from mx.engines.icap.protocol import IcapService
from pratique.settings.scanner_values import (
    parse_command,
    parse_exits,
    parse_icap,
    parse_pattern,
    parse_plugins,
    parse_rspamd,
    read_exits,
    split_icap,
    split_plugin,
)

GOOD = [
    (parse_icap, "none", ()),
    (parse_icap, "icap://a.example/scan, other=icap://b.example:99/x?y=z", None),
    (parse_rspamd, "none", ()),
    (parse_rspamd, "http://127.0.0.1:11333,http://[::1]:11333/", None),
    (parse_command, "", ""),
    (parse_command, "/usr/bin/clamscan --no-summary '{file}'", "/usr/bin/clamscan --no-summary '{file}'"),
    (parse_exits, "0=clean,1=infected, 2=encrypted", "0=clean,1=infected, 2=encrypted"),
    (parse_pattern, r": (\S+) FOUND", r": (\S+) FOUND"),
    (parse_plugins, "none", ()),
    (parse_plugins, "one,two?a=b&c=d", ("one", "two?a=b&c=d")),
]
BAD = [
    (parse_icap, "http://a.example/scan"),
    (parse_icap, "No Name=icap://a.example/scan"),
    (parse_icap, "icap://a.example/scan,nonsense"),
    (parse_rspamd, "127.0.0.1:11333"),
    (parse_rspamd, "http://127.0.0.1"),
    (parse_command, "clamscan -"),
    (parse_command, "/usr/bin/clamscan 'open"),
    (parse_exits, "1=infected"),
    (parse_exits, "0=clean,x=infected"),
    (parse_exits, "0=clean,1=dirty"),
    (parse_pattern, "("),
    (parse_pattern, "no group"),
    (parse_pattern, "(two)(groups)"),
    (parse_plugins, "No Name"),
    (parse_plugins, "one?novalue"),
]


@pytest.mark.parametrize(("parse", "text", "value"), GOOD)
def test_a_value_is_read(parse, text, value) -> None:  # type: ignore[no-untyped-def]
    """As it was written, or as a list of what was."""
    expected = tuple(part.strip() for part in text.split(",")) if value is None else value
    assert parse(text) == expected


@pytest.mark.parametrize(("parse", "text"), BAD)
def test_what_is_no_value_is_refused(parse, text) -> None:  # type: ignore[no-untyped-def]
    """With the end of a sentence that says what would do."""
    with pytest.raises(ValueError, match=r"^(is|has|does|says|bad|names)|option|cannot"):
        parse(text)


def test_values_are_made_of_their_parts() -> None:
    """Names come before, settings of one's own behind."""
    assert split_icap("icap://a.example/scan") == ("icap", IcapService("a.example", 1344, "scan"))
    assert split_icap("other=icap://a.example:99/scan") == ("other", IcapService("a.example", 99, "scan"))
    assert read_exits("0=clean, 13=infected") == {0: "clean", 13: "infected"}
    assert split_plugin("one") == ("one", {})
    assert split_plugin("one?words=your+pin&x=%26") == ("one", {"words": "your pin", "x": "&"})
