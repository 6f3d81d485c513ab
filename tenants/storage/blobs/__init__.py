"""Stores of sealed octets: the one place where bytes become durable."""
