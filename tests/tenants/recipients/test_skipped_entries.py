"""What was skipped is kept and found again."""

from tenants.recipients.skipped_entries import Skipped, skipped_of


def test_it_is_found_as_it_was_kept() -> None:
    """And nothing was, before the first answer."""
    skipped = Skipped(7, ("no address: x", "another domain: y@z.example"))
    assert skipped_of(skipped.as_document()) == skipped
    assert skipped_of({}) == Skipped()
