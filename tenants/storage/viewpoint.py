"""Viewpoints: for whom a session works, and so which rows and columns are there for it.

Every unit of work and every reading session says its viewpoint: one tenant (`OfTenant`), or one of the few `Reader`s
that come before a tenant is known. On PostgreSQL the transaction takes the viewpoint's role, to which row-level
security gives what `row_security.py` lists; a statement that forgets its tenant then finds nothing, and one that
writes another's row is refused. A reader that has found out whose row it has goes on as that tenant (`look_as`).
Both settings are local to the transaction, so a pooled connection keeps nothing of them.
SQLite knows no roles: there the viewpoint changes nothing, and only the books' own conditions separate tenants.

Failure: what a viewpoint may not do is an error of PostgreSQL (42501), a bug of ours; nothing is changed.
"""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.storage.statements import is_postgresql

TENANT_SETTING = "pratique.tenant"
TENANT_ROLE = "tenant"
ROLE_FUNCTION = "pratique_role"
"""The database's function that gives the role of a viewpoint its name there."""


class Reader(Enum):
    """Who works without a tenant; the value is the end of its role's name."""

    DIRECTORY = "directory"
    """Whose is a recipient's domain, and what was asked for it: reads what a `Standing` says."""
    RUNNER = "runner"
    """Leases what is due, of whatever tenant: sees and writes the columns of leases."""
    SWEEPER = "sweeper"
    """Which stored octets are still needed: sees names of blobs."""
    SIGN_IN = "sign_in"
    """Who is behind a token, and whose people they are."""
    NODE = "node"
    """A process about itself: sees no table of a tenant."""
    OPERATOR = "operator"
    """The command line: sees everything."""


@dataclass(frozen=True, slots=True)
class OfTenant:
    """One tenant: sees its rows alone."""

    tenant_id: int


Viewpoint = OfTenant | Reader


def taking_role(viewpoint: Viewpoint) -> str:
    """The statement that gives the rest of a PostgreSQL transaction this viewpoint."""
    role, tenant = (viewpoint.value, "") if isinstance(viewpoint, Reader) else (TENANT_ROLE, f"{viewpoint.tenant_id:d}")
    return (
        f"SELECT set_config('role', {ROLE_FUNCTION}('{role}'), true), set_config('{TENANT_SETTING}', '{tenant}', true)"
    )


def look_as(session: Session, viewpoint: Viewpoint) -> None:
    """Go on from another viewpoint, to the end of the transaction or until the next call."""
    if is_postgresql(session):
        session.execute(text(taking_role(viewpoint)))
