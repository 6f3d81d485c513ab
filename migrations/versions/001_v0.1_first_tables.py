"""The first tables: customers, mail, quarantine, queue, people, engines; and the built-in tenant `operator`.

Times are microseconds since 1970 in 64-bit integers, documents are JSON as text, on both databases.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table, in the order in which they refer to each other."""
    _customers()
    _mail()
    _quarantine()
    _queue()
    _people()
    _audit()
    _engines()
    operator = sa.table("tenant", *(sa.column(name) for name in ("name", "language", "plan", "created_at")))
    now = time.time_ns() // 1000
    op.bulk_insert(operator, [{"name": "operator", "language": "en", "plan": "built-in", "created_at": now}])


def _number() -> "sa.Column[int]":
    return sa.Column("id", _NUMBER, primary_key=True)


def _text(name: str, *, nullable: bool = False, **more: bool) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=nullable, **more)


def _integer(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _refers(name: str, target: str, *, nullable: bool = False, primary_key: bool = False) -> "sa.Column[int]":
    return sa.Column(name, _NUMBER, sa.ForeignKey(target), nullable=nullable, primary_key=primary_key)


def _of_message() -> "sa.Column[str]":
    return sa.Column("transaction_id", sa.Text(), sa.ForeignKey("message.transaction_id"), nullable=False)


def _index(table: str, *columns: str, name: str = "", where: str = "", unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        name or f"ix_{table}_{'_'.join(columns)}",
        table,
        list(columns),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _customers() -> None:
    op.create_table(
        "tenant",
        _number(),
        *(_text(name) for name in ("name", "language", "plan")),
        _moment("created_at"),
        _moment("suspended_at", nullable=True),
        _moment("deleted_at", nullable=True),
    )
    _index("tenant", "name", name="uq_tenant_name", where="deleted_at IS NULL", unique=True)
    op.create_table(
        "tenant_key",
        _refers("tenant_id", "tenant.id", primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        _moment("created_at"),
    )
    op.create_table(
        "domain",
        _number(),
        _refers("tenant_id", "tenant.id"),
        *(_text(name) for name in ("name", "mx_name", "verification_token")),
        _moment("created_at"),
        _moment("verified_at", nullable=True),
        _moment("deleted_at", nullable=True),
    )
    _index("domain", "tenant_id")
    _index("domain", "name", name="uq_domain_name", where="deleted_at IS NULL", unique=True)
    _index("domain", "name", "deleted_at")
    op.create_table(
        "route",
        _number(),
        _refers("domain_id", "domain.id"),
        _integer("priority"),
        _text("scheme"),
        _text("host"),
        _integer("port"),
        sa.UniqueConstraint("domain_id", "priority"),
    )
    op.create_table(
        "policy",
        _number(),
        _refers("tenant_id", "tenant.id"),
        _refers("domain_id", "domain.id", nullable=True),
        _text("entries"),
        _moment("changed_at"),
        sa.UniqueConstraint("domain_id"),
    )
    _index("policy", "tenant_id", name="uq_policy_tenant_id", where="domain_id IS NULL", unique=True)


def _mail() -> None:
    op.create_table(
        "message",
        _text("transaction_id", primary_key=True),
        _refers("tenant_id", "tenant.id"),
        _moment("received_at"),
        *(_text(name) for name in ("client_address", "reverse_path", "message_id", "subject")),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        sa.Column("is_eight_bit", sa.Boolean(), nullable=False),
        sa.Column("is_smtputf8", sa.Boolean(), nullable=False),
        _text("verdict"),
        _text("search_text"),
    )
    _index("message", "message_id")
    _index("message", "received_at")
    _index("message", "tenant_id", "transaction_id")
    op.create_table("message_recipient", _text("transaction_id", primary_key=True), _text("address", primary_key=True))
    _index("message_recipient", "address")
    op.create_table(
        "message_event",
        _number(),
        _text("transaction_id"),
        sa.Column("tenant_id", _NUMBER, nullable=False),
        _moment("at"),
        _text("events"),
    )
    _index("message_event", "transaction_id")
    op.create_table(
        "blob",
        _text("name", primary_key=True),
        _refers("tenant_id", "tenant.id"),
        _text("kind"),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        _integer("key_version"),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        _moment("stored_at"),
    )


def _lease() -> "tuple[sa.Column[str], sa.Column[int], sa.Column[int]]":
    return _text("lease_owner"), _moment("lease_until"), _integer("fence")


def _quarantine() -> None:
    op.create_table(
        "held",
        _number(),
        _refers("tenant_id", "tenant.id"),
        _of_message(),
        _moment("held_at"),
        *(_text(name) for name in ("reason", "verdict", "findings", "body")),
        _text("record", nullable=True),
        _text("state"),
        _moment("changed_at"),
        *(_text(name) for name in ("last_result", "requested_by", "override_findings")),
        *_lease(),
    )
    for column in ("transaction_id", "body", "record"):
        _index("held", column)
    _index("held", "tenant_id", "state", "id")
    _index("held", "id", name="ix_held_waiting", where="state IN ('release-requested', 'releasing')")
    op.create_table(
        "held_recipient",
        _refers("held_id", "held.id", primary_key=True),
        _text("address", primary_key=True),
        _moment("released_at", nullable=True),
        _text("reply"),
    )
    op.create_table("held_finding", _refers("held_id", "held.id", primary_key=True), _text("name", primary_key=True))
    _index("held_finding", "name")


def _queue() -> None:
    op.create_table(
        "delivery",
        _number(),
        _refers("tenant_id", "tenant.id"),
        _of_message(),
        *(_text(name) for name in ("domain", "recipient", "body")),
        _text("record", nullable=True),
        sa.Column("headers_on_top", sa.LargeBinary(), nullable=False),
        *(_moment(name) for name in ("queued_at", "next_attempt_at", "expires_at")),
        _integer("attempts"),
        _text("last_reply"),
        _text("state"),
        *_lease(),
    )
    for column in ("transaction_id", "body", "record"):
        _index("delivery", column)
    _index("delivery", "tenant_id", "state", "id")
    _index("delivery", "next_attempt_at", name="ix_delivery_due", where="state = 'queued'")


def _people() -> None:
    op.create_table("app_user", _number(), _text("email"), _moment("created_at"), sa.UniqueConstraint("email"))
    op.create_table(
        "membership",
        _refers("user_id", "app_user.id", primary_key=True),
        _refers("tenant_id", "tenant.id", primary_key=True),
        _text("role"),
    )
    _index("membership", "tenant_id")
    op.create_table(
        "sign_in_link",
        _text("token_sha256", primary_key=True),
        _refers("user_id", "app_user.id"),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
    )
    _index("sign_in_link", "user_id")
    op.create_table(
        "portal_session",
        _text("token_sha256", primary_key=True),
        _refers("user_id", "app_user.id"),
        _refers("tenant_id", "tenant.id"),
        *(_moment(name) for name in ("created_at", "seen_at", "expires_at")),
    )
    _index("portal_session", "user_id")


def _audit() -> None:
    op.create_table(
        "audit",
        _number(),
        _moment("at"),
        sa.Column("tenant_id", _NUMBER, nullable=True),
        *(_text(name) for name in ("who", "action", "subject", "details")),
    )
    _index("audit", "tenant_id", "id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "EXECUTE FUNCTION audit_is_only_added_to()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_refuses_{action.lower()} BEFORE {action} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END"
        )


def _engines() -> None:
    op.create_table(
        "engine_state",
        _text("node", primary_key=True),
        _text("engine", primary_key=True),
        _text("version"),
        _text("signature_version"),
        _moment("signature_time", nullable=True),
        _text("state"),
        sa.Column("is_confined", sa.Boolean(), nullable=False),
        sa.Column("scans", sa.BigInteger(), nullable=False),
        sa.Column("detections", sa.BigInteger(), nullable=False),
        sa.Column("median_seconds", sa.Float(), nullable=True),
        _moment("reported_at"),
    )
    op.create_table(
        "ignored_finding",
        _number(),
        _text("name"),
        _refers("tenant_id", "tenant.id", nullable=True),
        _moment("since"),
        _text("who"),
    )
    _index("ignored_finding", "name", name="uq_ignored_finding_name", where="tenant_id IS NULL", unique=True)
    _index("ignored_finding", "tenant_id", "name", name="uq_ignored_finding_tenant_id_name", unique=True)
