"""Messages and their parts."""

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, whole
from mx.anatomy.containers.message import open_message
from tests.contracts.mail import attached, base64_part, message, text_part


def steps(octets: bytes, levels_left: int = 60) -> list[Step]:
    return list(open_message(whole(octets), Budget(lambda: 0.0), levels_left))


def members(octets: bytes) -> list[tuple[str, str, bytes]]:
    return [(step.reading, step.name, step.content.raw) for step in steps(octets) if isinstance(step, Member)]


def test_gives_header_and_parts_in_order() -> None:
    """The header first, then each part with its name."""
    found = members(message(text_part(b"hello"), base64_part(b"content", b"a.bin")))
    assert [(reading, name) for reading, name, _ in found] == [
        ("headers", "headers"),
        ("part", "text"),
        ("part", "a.bin"),
    ]
    assert [octets for _, _, octets in found[1:]] == [b"hello", b"content"]


def test_nested_multiparts_carry_their_level() -> None:
    """A part within a multipart within a multipart lies two levels deep."""
    inner = b'Content-Type: multipart/alternative; boundary="in"\r\n\r\n--in\r\n\r\nx\r\n--in--'
    (part,) = [step for step in steps(message(inner)) if isinstance(step, Member) and step.reading == "part"]
    assert (part.content.raw, part.levels) == (b"x", 2)


def test_the_usual_preamble_is_no_artifact() -> None:
    """The sentence that mail programs write is left out, any other text is kept."""
    usual = attached(b"x").replace(b"\r\n\r\n--b1", b"\r\n\r\nThis is a multi-part message in MIME format.\r\n--b1", 1)
    other = attached(b"x").replace(b"\r\n\r\n--b1", b"\r\n\r\nsomething else\r\n--b1", 1)
    assert "preamble" not in [reading for reading, _, _ in members(usual)]
    assert ("preamble", "preamble", b"something else") in members(other)


def test_a_message_in_pieces_is_an_obstacle() -> None:
    """message/partial is never put together."""
    assert Obstacle("message-partial") in steps(b"Content-Type: message/partial; id=x; number=1\r\n\r\nhalf")


def test_levels_that_are_spent_leave_the_part_unsplit() -> None:
    """An obstacle, and the octets as they stand."""
    found = steps(attached(b"x"), levels_left=0)
    assert Obstacle("limit.mime-levels") in found
    assert isinstance(found[-1], Member)
    assert b"--b1" in found[-1].content.raw


def test_further_readings_are_marked() -> None:
    """Only the plain reading's members count as such."""
    octets = b"Content-Type: text/plain\r\n" + attached(b"x")
    found = [step for step in steps(octets) if isinstance(step, Member) and step.reading != "headers"]
    assert [member.is_further for member in found] == [False] + [True] * (len(found) - 1)
    assert {member.is_guess for member in found if member.reading == "swept"} == {True}
    assert any(isinstance(step, Oddity) for step in steps(octets))
