"""Rspamd, over HTTP: spam and phishing."""
