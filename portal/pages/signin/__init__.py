"""Signing in by one-time link, signing out, changing between tenants."""
