"""From one message's octets to everything that some mail program could open. Pure: no I/O; its clock is injected."""
