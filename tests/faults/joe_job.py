"""A joe job of 1,000 messages, each with another forged sender: `python -m tests.faults.joe_job`. Minutes.

Exit status 0 when none of the senders was told anything and every copy is held.
"""

import sys
import unittest

from tests.mx.delivery import test_own_mail


def main() -> int:
    """Run the suite's own test, with more senders."""
    test_own_mail.FORGED = 1000
    test_own_mail.OwnMailTest.timeout = 1200
    test = test_own_mail.OwnMailTest("test_forged_senders_are_told_nothing")
    outcome = unittest.TextTestRunner().run(test)
    print(f"forged senders {test_own_mail.FORGED}, told {'0' if outcome.wasSuccessful() else 'some, or copies lost'}")
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
