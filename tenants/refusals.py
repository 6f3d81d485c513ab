"""Refusals: what a book says when it will not do what a person asked. Each carries one plain sentence.

The command line prints the sentence and exits 1; the portal shows it. A refusal is not a bug and not an outage:
the transaction is rolled back and nothing has changed. Outages are `database.DatabaseUnavailable`.
"""


class Refusal(Exception):
    """Nothing was changed; the text is one sentence for the person who asked."""


class AlreadyExists(Refusal):
    """Something of that name is there already."""


class NotFound(Refusal):
    """There is no such thing, or it belongs to another tenant: the two are never told apart."""


class WrongState(Refusal):
    """The thing is there, but in its present state this cannot be done to it."""
