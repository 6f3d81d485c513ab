"""The antivirus stamp: what one service has examined, signed, so that the next may save the work; never override it."""
