"""Custody of a seal can be handed over: who leaves and who takes stand in the proposal."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ACTS = "act IN ('activate', 'lift', 'set-policy')"
_ALL_ACTS = "act IN ('activate', 'lift', 'set-policy', 'hand-over')"
_HANDOVER = "(act = 'hand-over') = (leaving IS NOT NULL) AND (act = 'hand-over') = (taking IS NOT NULL)"


def upgrade() -> None:
    """Two columns, and the act among those allowed."""
    comments = {"leaving": "custody ends", "taking": "custody begins"}
    for name, says in comments.items():
        op.add_column(
            "seal_proposal",
            sa.Column(name, sa.Text(), nullable=True, comment=f"custodian whose {says}; hand-over only"),
        )
    op.drop_constraint(op.f("ck_seal_proposal_act"), "seal_proposal")
    op.create_check_constraint(op.f("ck_seal_proposal_act"), "seal_proposal", _ALL_ACTS)
    op.create_check_constraint(op.f("ck_seal_proposal_handover"), "seal_proposal", _HANDOVER)


def downgrade() -> None:
    """Proposals of the act go with the columns that say what they are about."""
    op.execute("DELETE FROM seal_proposal WHERE act = 'hand-over'")
    op.drop_constraint(op.f("ck_seal_proposal_handover"), "seal_proposal")
    op.drop_constraint(op.f("ck_seal_proposal_act"), "seal_proposal")
    op.create_check_constraint(op.f("ck_seal_proposal_act"), "seal_proposal", _ACTS)
    op.drop_column("seal_proposal", "taking")
    op.drop_column("seal_proposal", "leaving")
