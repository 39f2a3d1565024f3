"""PostgreSQL: the server signs in as a role that reads and books, and can neither change the schema nor the past (B21).

The owner of the tables can switch triggers off; so whoever serves does not own them. ``readyshelf migrate
--server-role NAME`` runs as the owner and gives the role what serving needs.
"""

from sqlalchemy import Connection, text

from core.errors import Refusal, conflict
from core.languages import N_

VERSION_TABLE = "alembic_version"
# tables with a trigger named so are append-only, as the migrations make them
_APPEND_ONLY = (
    "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = relname || '_append_only'"
)
_TABLES = """SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
    AND pg_has_role(relowner, 'USAGE')"""
_GRANTED = f"""SELECT DISTINCT pg_get_userbyid(grantee) FROM pg_class, aclexplode(relacl)
    WHERE relnamespace = current_schema()::regnamespace AND relname = '{VERSION_TABLE}'
    AND privilege_type = 'SELECT' AND grantee NOT IN (0, relowner)"""
_POWERS = """SELECT rolsuper OR rolcreaterole OR pg_has_role(rolname, current_user, 'MEMBER')
    FROM pg_roles WHERE rolname = :name"""


def server_roles(connection: Connection) -> list[str]:
    """The roles that may serve this database, for what is made anew to be granted to them again."""
    return list(connection.execute(text(_GRANTED)).scalars())


def grant_to_server(connection: Connection, role: str) -> bool:
    """Let a role serve, and no more; returns whether it had to be made. Refuses (409) one that could do everything."""
    if connection.dialect.name != "postgresql":
        raise Refusal(422, "bad-input", N_("the embedded database has no roles: --server-role needs PostgreSQL"))
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    powers = connection.execute(text(_POWERS), {"name": role}).first()
    if powers is None:
        connection.exec_driver_sql(f"CREATE ROLE {quoted} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
    elif powers[0]:
        message = N_("the role {role} owns the tables or may become who does: take one that only serves")
        raise conflict("too-mighty", message, role=role)
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    append_only = set(connection.execute(text(_APPEND_ONLY)).scalars())
    tables = list(connection.execute(text(_TABLES)).scalars())
    connection.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}")
    connection.exec_driver_sql(f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {quoted}")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}")
    connection.exec_driver_sql(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}")
    for table in tables:
        rights = "SELECT, INSERT, UPDATE, DELETE"
        if table in append_only:
            rights = "SELECT, INSERT"
        elif table == VERSION_TABLE:
            rights = "SELECT"
        connection.exec_driver_sql(f'GRANT {rights} ON {schema}."{table}" TO {quoted}')
    return powers is None
