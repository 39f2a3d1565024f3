"""What a person has said of columns and words in files, for the next file."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_habit",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum("layout", "word", name="habitkind", native_enum=False, length=16), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("said_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_import_habit_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "kind", "key", name=op.f("pk_import_habit")),
    )


def downgrade() -> None:
    op.drop_table("import_habit")
