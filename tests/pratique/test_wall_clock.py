"""The wall clock, and what its users need not import for it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from pratique.wall_clock import present_time


def test_it_is_now_and_knows_its_zone() -> None:
    before = datetime.now(UTC)
    now = present_time()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_a_work_process_imports_nothing_of_an_mx_process() -> None:
    """Receiving mail is a fifth of what it would import, and it is the last to be ready."""
    said = subprocess.run(
        [sys.executable, "-c", "import sys, pratique.compose.work; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "pratique.compose.work" in said
    assert not {"pratique.compose.mx", "mx.intake", "mx.smtp.listener"} & {*said}
