"""Whether a node that begins has the time of the others: all of them share one PostgreSQL, and compare with its clock.

A node whose clock is wrong would take others' work for abandoned, and deliver it a second time. So it is asked before
anything is served, and only where the service's clock is begun; what becomes of the database's clock later is nothing
to those who run.

Failure: `CannotOpen` with one plain line; nothing was served.
"""

from pratique.clock.service_clock import FOLLOWED, ServiceClock
from pratique.opening import CannotOpen, reading
from pratique.settings.settings import Settings
from tenants.storage.database_clock import database_time


def require_agreement(settings: Settings, clock: ServiceClock) -> None:
    """Raises CannotOpen when the clock and the database's are further apart than is followed."""
    if not clock.is_begun_here:
        return
    with reading(settings) as session:
        theirs = database_time(session)
    apart = (clock() - theirs).total_seconds() if theirs is not None else 0.0
    if abs(apart) > FOLLOWED.total_seconds():
        sooner = "ahead of" if apart > 0 else "behind"
        raise CannotOpen(
            f"This machine's clock is {abs(apart):.0f} s {sooner} the database's: set the one right that is wrong."
        )
