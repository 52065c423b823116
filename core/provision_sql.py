"""The statements that make Comptoir's database and roles on a server: only those that this server still lacks."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

import asyncpg

ROLES = ("comptoir_owner", "comptoir_app", "comptoir_worker", "comptoir_backup")
OWNER, APP, WORKER, BACKUP = ROLES
QUEUE = "queue"

_POWERS = {
    "rolsuper": "NOSUPERUSER",
    "rolcreatedb": "NOCREATEDB",
    "rolcreaterole": "NOCREATEROLE",
    "rolreplication": "NOREPLICATION",
    "rolbypassrls": "NOBYPASSRLS",
}
_SCRAM_ROUNDS = 4096


async def roles(admin: asyncpg.Connection, passwords: Mapping[str, str]) -> list[str]:
    """Makes missing roles, with their passwords, and takes from existing ones what they should not have."""
    found = await _found(admin)
    statements = []
    for role in ROLES:
        if role not in found:
            powers = " ".join(_POWERS.values())
            statements.append(f"CREATE ROLE {role} LOGIN {powers} PASSWORD {_verifier(passwords[role])}")
            continue
        excess = [word for column, word in _POWERS.items() if found[role][column] and not _is_due(role, column)]
        if excess or not found[role]["rolcanlogin"]:
            statements.append(f"ALTER ROLE {role} {' '.join(['LOGIN', *excess])}")
    statements += [
        f"REVOKE {OWNER} FROM {row['member']}" for row in await admin.fetch(_MEMBERS, list(ROLES), OWNER)
    ]
    if WORKER not in found or f"search_path={QUEUE}" not in (found[WORKER]["rolconfig"] or ()):
        statements.append(f"ALTER ROLE {WORKER} SET search_path = {QUEUE}")
    return statements


async def passwords(admin: asyncpg.Connection, passwords: Mapping[str, str]) -> dict[str, str]:
    """Sets the passwords of the roles that exist, role by role."""
    return {role: f"ALTER ROLE {role} PASSWORD {_verifier(passwords[role])}" for role in await _found(admin)}


async def bypass(admin: asyncpg.Connection) -> list[str]:
    """Lets the backup role read all rows, whoever's they are."""
    is_so = await admin.fetchval("SELECT rolbypassrls FROM pg_roles WHERE rolname = $1", BACKUP)
    return [] if is_so else [f"ALTER ROLE {BACKUP} BYPASSRLS"]


async def database(admin: asyncpg.Connection, database: str) -> list[str]:
    """Makes the database, in UTF-8 and with the same order of letters everywhere, or hands it to its owner."""
    owner = await admin.fetchval("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", database)
    if owner is None:
        made = f"CREATE DATABASE {name(database)} OWNER {OWNER} TEMPLATE template0"
        return [f"{made} ENCODING 'UTF8' {await _locale(admin)}"]
    return [] if owner == OWNER else [f"ALTER DATABASE {name(database)} OWNER TO {OWNER}"]


def inside(database: str) -> list[str]:
    """The rights in the database; each may be run again. Rights on tables are given by the migrations."""
    return [
        *rights_on(database),
        f"ALTER SCHEMA public OWNER TO {OWNER}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {APP}, {BACKUP}",
        f"CREATE SCHEMA IF NOT EXISTS {QUEUE} AUTHORIZATION {OWNER}",
        f"GRANT USAGE ON SCHEMA {QUEUE} TO {WORKER}, {BACKUP}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT ON TABLES TO {BACKUP}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT ON SEQUENCES TO {BACKUP}",
    ]


def rights_on(database: str) -> list[str]:
    """Who may connect. PostgreSQL keeps this with the server, so a copy of a database starts without it."""
    return [
        f"REVOKE ALL ON DATABASE {name(database)} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name(database)} TO {', '.join(ROLES)}",
    ]


async def is_right_inside(connection: asyncpg.Connection) -> bool:
    """Whether `inside` has had its effect in the database we are connected to."""
    return bool(await connection.fetchval(_IS_RIGHT_INSIDE, list(ROLES), OWNER, APP, WORKER, BACKUP, QUEUE))


def is_member(connection: asyncpg.Connection) -> str:
    """The question whether we may act for the role $1; being its administrator is not enough since 16."""
    kind = "SET" if connection.get_server_version().major >= 16 else "MEMBER"
    return f"SELECT pg_has_role(current_user, $1, '{kind}') AND pg_has_role(current_user, $1, 'USAGE')"


def name(identifier: str) -> str:
    """The name of a database, quoted."""
    if not 0 < len(identifier.encode()) < 64 or "\0" in identifier:
        raise ValueError(f"{identifier!r} cannot be the name of a database: 1 to 63 bytes.")
    return '"' + identifier.replace('"', '""') + '"'


async def _found(admin: asyncpg.Connection) -> dict[str, asyncpg.Record]:
    rows = await admin.fetch("SELECT * FROM pg_roles WHERE rolname = ANY($1::text[])", list(ROLES))
    return {row["rolname"]: row for row in rows}


def _is_due(role: str, column: str) -> bool:
    return role == BACKUP and column == "rolbypassrls"


def _verifier(password: str) -> str:
    """What PostgreSQL keeps of a password, quoted. So the password itself is in no statement and in no log."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_, stored_, server_ = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"'SCRAM-SHA-256${_SCRAM_ROUNDS}:{salt_}${stored_}:{server_}'"


async def _locale(admin: asyncpg.Connection) -> str:
    if admin.get_server_version().major >= 17:
        return "LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
    known = await admin.fetchval("SELECT count(*) FROM pg_collation WHERE collname IN ('C.utf8', 'C.UTF-8')")
    return f"LOCALE '{'C.UTF-8' if known else 'C'}' LOCALE_PROVIDER libc"


_MEMBERS = """
SELECT DISTINCT member::regrole::text AS member FROM pg_auth_members
 WHERE roleid = to_regrole($2) AND member IN (SELECT oid FROM pg_roles WHERE rolname = ANY($1::text[]))
"""

_IS_RIGHT_INSIDE = """
SELECT NOT has_database_privilege('public', current_database(), 'CONNECT')
   AND (SELECT bool_and(has_database_privilege(role, current_database(), 'CONNECT')) FROM unnest($1::text[]) role)
   AND NOT has_schema_privilege('public', 'public', 'USAGE')
   AND has_schema_privilege($3, 'public', 'USAGE')
   AND has_schema_privilege($5, 'public', 'USAGE')
   AND NOT has_schema_privilege($4, 'public', 'USAGE')
   AND (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public') = $2
   AND (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $6) = $2
   AND (SELECT bool_and(has_schema_privilege(role, nspname, 'USAGE'))
          FROM pg_namespace, unnest(ARRAY[$4, $5]) role WHERE nspname = $6)
   AND 2 = (SELECT count(DISTINCT defaclobjtype) FROM pg_default_acl, aclexplode(defaclacl) right_
             WHERE defaclnamespace = 0 AND pg_get_userbyid(defaclrole) = $2
               AND pg_get_userbyid(right_.grantee) = $5 AND right_.privilege_type = 'SELECT')
"""
