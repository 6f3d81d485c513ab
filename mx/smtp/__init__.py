"""The SMTP session: from what a client sends to an Envelope and a Spool."""
