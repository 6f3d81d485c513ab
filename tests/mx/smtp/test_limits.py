"""The limits are at least what RFC 5321 asks of every server."""

from mx.smtp.limits import CONTENT_PIECE_OCTETS, DOMAIN_OCTETS, PATH_OCTETS, Limits


def test_the_defaults_meet_the_minima_of_rfc_5321() -> None:
    """Section 4.5.3.1 for sizes, 4.5.3.2 for times."""
    limits = Limits()
    assert limits.command_line_octets >= 512
    assert limits.recipients >= 100
    assert limits.message_octets >= 64 * 1024
    assert limits.command_seconds >= 300
    assert limits.silence_seconds >= 180
    assert PATH_OCTETS >= 256
    assert DOMAIN_OCTETS >= 255


def test_a_whole_buffer_of_waiting_octets_is_more_than_one_piece() -> None:
    """Otherwise reading would stop before a piece is whole."""
    assert Limits().buffered_octets > CONTENT_PIECE_OCTETS
