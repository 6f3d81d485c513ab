"""Names that are absent, for now and for good."""

from mx.delivery.hops.absences import FOR_GOOD_SECONDS, MOST_REMEMBERED, Absences


def test_absent_for_an_hour_is_absent_for_good() -> None:
    """Counted from the first time, each name for itself."""
    absences = Absences()
    assert not absences.note_absent("a.example", 0.0)
    assert not absences.note_absent("a.example", FOR_GOOD_SECONDS - 1)
    assert absences.note_absent("a.example", FOR_GOOD_SECONDS)
    assert not absences.note_absent("b.example", FOR_GOOD_SECONDS)


def test_a_name_that_was_there_counts_anew() -> None:
    """Whatever came before."""
    absences = Absences()
    absences.note_absent("a.example", 0.0)
    absences.note_there("a.example")
    assert not absences.note_absent("a.example", FOR_GOOD_SECONDS)


def test_names_are_not_kept_without_end() -> None:
    """The oldest is forgotten, which makes it only less final."""
    absences = Absences()
    for number in range(MOST_REMEMBERED + 1):
        absences.note_absent(str(number), 0.0)
    assert not absences.note_absent("0", FOR_GOOD_SECONDS)
    assert absences.note_absent("5", FOR_GOOD_SECONDS)
