"""Rar archives of both generations."""
