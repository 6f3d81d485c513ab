"""Zip: every member that the directory or the headers before the members make out."""
