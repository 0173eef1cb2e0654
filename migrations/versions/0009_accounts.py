"""What signing up and in needs: addresses, codes, passkeys, invitations; and what admins did and saw."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _n(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, _number(), nullable=nullable)


def _t(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _b(name: str, *, nullable: bool = False) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean(), nullable=False)


def _of(table: str, column: str = "account_id", other: str = "accounts") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _counted() -> "sa.Column[int]":
    return sa.Column("id", _number(), autoincrement=True, nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("confirmed_at", _number(), nullable=False, server_default="0"))
    _signing_in()
    _proving()
    _signing_up()
    _running()


def _signing_in() -> None:
    op.create_table(
        "mail_addresses",
        *(_n("account_id"), _t("address"), _t("normal"), _n("verified_at", nullable=True)),
        *(_of("mail_addresses"), _key("mail_addresses", "account_id")),
        sa.UniqueConstraint("normal", name=op.f("uq_mail_addresses_normal")),
    )
    op.create_table(
        "codes",
        *(_b("visit"), _t("purpose"), _n("account_id", nullable=True), _t("address"), _b("code"), _n("tries")),
        *(_n("expires_at"), _of("codes"), _key("codes", "visit", "purpose")),
    )
    op.create_table(
        "sign_in_links",
        *(_b("sha256"), _n("account_id"), _n("expires_at")),
        *(_of("sign_in_links"), _key("sign_in_links", "sha256")),
    )


def _proving() -> None:
    op.create_table(
        "passkeys",
        *(_b("id"), _n("account_id"), _b("public_key"), _n("uses"), _t("name"), _n("created_at")),
        *(_n("last_used_at", nullable=True), _of("passkeys"), _key("passkeys", "id")),
    )
    op.create_index(op.f("ix_passkeys_account_id"), "passkeys", ["account_id"])
    op.create_table(
        "authenticators",
        *(_n("account_id"), _b("secret_sealed"), _n("confirmed_at", nullable=True), _n("last_step")),
        *(_of("authenticators"), _key("authenticators", "account_id")),
    )
    op.create_table(
        "recovery_codes",
        *(_n("account_id"), _b("code"), _of("recovery_codes"), _key("recovery_codes", "account_id", "code")),
    )
    op.create_table("spent_challenges", _b("sha256"), _n("expires_at"), _key("spent_challenges", "sha256"))
    op.create_table(
        "words_checks",
        *(_n("account_id"), _t("places"), _b("salt"), _b("words"), _n("checked_at", nullable=True)),
        *(_of("words_checks"), _key("words_checks", "account_id")),
    )


def _signing_up() -> None:
    op.create_table(
        "invites",
        *(_counted(), _t("code"), _n("inviter_id"), _t("note"), _n("most_uses"), _n("uses"), _flag("approval")),
        *(_n("created_at"), _n("expires_at"), _n("revoked_at", nullable=True)),
        *(_of("invites", "inviter_id"), _key("invites", "id")),
        sa.UniqueConstraint("code", name=op.f("uq_invites_code")),
    )
    op.create_table(
        "invited",
        *(_n("account_id"), _n("invite_id")),
        *(_of("invited"), _of("invited", "invite_id", "invites"), _key("invited", "account_id")),
    )
    op.create_index(op.f("ix_invited_invite_id"), "invited", ["invite_id"])
    op.create_table(
        "sign_ups",
        *(_counted(), _b("visit"), _t("name"), _t("address"), _t("reason"), _t("language")),
        *(_n("invite_id", nullable=True), _t("state"), _t("said"), _b("token", nullable=True)),
        *(_n("created_at"), _n("changed_at")),
        *(_of("sign_ups", "invite_id", "invites"), _key("sign_ups", "id")),
    )
    op.create_index(op.f("ix_sign_ups_state_id"), "sign_ups", ["state", "id"])
    op.create_index(op.f("ix_sign_ups_token"), "sign_ups", ["token"])


def _running() -> None:
    op.create_table(
        "audit",
        *(_counted(), _n("at"), _t("who"), _t("act"), _t("subject"), _t("before"), _t("after"), _t("why")),
        _key("audit", "id"),
    )
    op.create_index(op.f("ix_audit_who"), "audit", ["who"])
    op.create_index(op.f("ix_audit_act"), "audit", ["act"])
    op.create_table("looks", _t("name"), _flag("ok"), _t("found"), _n("at"), _key("looks", "name"))


def downgrade() -> None:
    for name in ("looks", "audit", "sign_ups", "invited", "invites", "words_checks", "spent_challenges"):
        op.drop_table(name)
    for name in ("recovery_codes", "authenticators", "passkeys", "sign_in_links", "codes", "mail_addresses"):
        op.drop_table(name)
    with op.batch_alter_table("sessions") as table:
        table.drop_column("confirmed_at")
