"""Sender lists in the portal: whom the tenant allows or blocks, and who changed that."""
