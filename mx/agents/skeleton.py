"""The agent to copy: one that refuses who greets with a name that nobody has, and notes how long a header section is.

How to make an agent of it:

1. Copy this file, rename the class, and keep the methods that you need (`contract.py` has the table).
2. Copy `tests/mx/agents/test_skeleton.py`: it inherits `tests/contracts/agent.py`, the cases that all agents pass.
3. Add one line to `pratique/compose/agents.py`; or install it from a package of your own (docs/plugins.md).

Failure: what it raises becomes what `about.on_failure` says; here the mail goes on.
Limits: this code runs between all other work of the process. Whatever takes long waits for an answer from elsewhere;
whatever opens hostile octets belongs in the cells.
"""

from mx import reply
from mx.agents.contract import About, Answers, Fact, Go, Greeted, HeadersSeen, Observe, OnFailure, Refuse

NOBODYS_NAME = "skeleton.invalid"


class Skeleton:
    """Refuses NOBODYS_NAME."""

    about = About("skeleton", deadline_seconds=1.0, on_failure=OnFailure.GO_ON)

    async def on_helo(self, event: Greeted) -> Answers:
        """Refuse a name that no host can have (RFC 2606 section 2)."""
        if event.client.helo.lower() == NOBODYS_NAME:
            return Refuse(reply.by_agent(550, "5.7.1", "Nobody has that name"))
        return Go()

    async def on_headers(self, event: HeadersSeen) -> Answers:
        """Learn something for the trace."""
        return Observe(facts=(Fact("header-octets", str(len(event.header))),))
