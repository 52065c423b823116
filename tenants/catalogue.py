"""Reads PostgreSQL's own catalogue for gaps in the wall between tenants. No finding is the only good answer."""

from typing import Any

TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::bigint"
APPLICATION, BACKUP, WORKER = "comptoir_app", "comptoir_backup", "comptoir_worker"

BOOKKEEPING = ("migrations",)
"""Tables without rows of anybody; only the owner writes them."""

APPEND_ONLY = (
    "audit_entries",
    "invoice_files",
    "invoice_states",
    "ledger_accounts",
    "ledger_entries",
    "ledger_totals",
    "ledger_transfers",
    "payment_states",
    "refunds",
    "service_credits",
)
"""Rows that the application reads, and never changes or removes; it adds to all but COUNTED."""

NEVER_REMOVED = ("allocations", "expenses", "payments", "service_dues", "services")
"""Rows that the application never removes; others count on them (0190). What it may change triggers say (0140)."""

COUNTED = ("ledger_totals",)
"""Rows that only the database writes, by triggers."""

REFERS_TO_SHARED = ("staff_reseller_id_fkey",)
"""Foreign keys from a tenant's table to a shared one. `staff` may use it on the platform only (a CHECK)."""

WALL = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::bigint)"
"""The policy of every tenant's table, as PostgreSQL writes it back."""

TABLES = """
    SELECT c.oid, c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS is_guarded,
           EXISTS (SELECT FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS is_owned
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""

FINDINGS = f"""
WITH tables AS ({TABLES}),
owned AS (SELECT * FROM tables WHERE is_owned),
tenant AS (SELECT a.attrelid, a.attnum FROM pg_attribute a JOIN owned ON owned.oid = a.attrelid
           WHERE a.attname = 'tenant_id')
SELECT format('table %s: row-level security is not enabled and forced', name)
FROM tables WHERE NOT is_guarded AND name <> ALL ($1)
UNION ALL
SELECT format('table %s: its policy is not the wall', o.name) FROM owned o
WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = o.oid AND p.polname = 'wall' AND p.polcmd = '*'
    AND p.polroles = '{{0}}' AND pg_get_expr(p.polqual, p.polrelid) = $2
    AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), $2) = $2)
UNION ALL
SELECT format('table %s: policy %s opens a second door', o.name, p.polname)
FROM pg_policy p JOIN owned o ON o.oid = p.polrelid WHERE p.polname <> 'wall' AND p.polpermissive
UNION ALL
SELECT format('table %s: unique index %s does not begin with the tenant', o.name, i.indexrelid::regclass)
FROM pg_index i JOIN owned o ON o.oid = i.indrelid JOIN tenant t ON t.attrelid = i.indrelid
WHERE i.indisunique AND i.indkey[0] <> t.attnum
UNION ALL
SELECT format('table %s: tenant_id may be null', o.name)
FROM owned o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attname = 'tenant_id' WHERE NOT a.attnotnull
UNION ALL
SELECT format('table %s: foreign key %s does not carry the tenant', o.name, k.conname)
FROM pg_constraint k JOIN owned o ON o.oid = k.conrelid JOIN tenant t ON t.attrelid = k.conrelid
LEFT JOIN tenant target ON target.attrelid = k.confrelid
WHERE k.contype = 'f' AND k.conname <> ALL ($3)
  AND (target.attnum IS NULL OR NOT EXISTS (
      SELECT FROM unnest(k.conkey, k.confkey) AS pair(near, far) WHERE near = t.attnum AND far = target.attnum))
UNION ALL
SELECT format('view %s: runs with the rights of its owner', c.relname) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
  AND NOT coalesce(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
UNION ALL
SELECT format('materialised view %s: has no row-level security', c.relname) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'm'
UNION ALL
SELECT format('function %s: SECURITY DEFINER without a search_path', f.oid::regprocedure) FROM pg_proc f
WHERE f.pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'queue', 'history'))
  AND f.prosecdef AND NOT EXISTS (SELECT FROM unnest(f.proconfig) AS setting WHERE setting LIKE 'search_path=%')
UNION ALL
SELECT format('function %s: SECURITY DEFINER in the tenants'' schema', f.oid::regprocedure) FROM pg_proc f
WHERE f.pronamespace = 'public'::regnamespace AND f.prosecdef
UNION ALL
SELECT format('table %s: role %s may %s', t.name, role.rolname, kind)
FROM tables t, pg_roles role, unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS kind
WHERE role.rolname = $4 AND has_table_privilege(role.oid, t.oid, kind)
UNION ALL
SELECT format('table %s: role %s may %s an entry', t.name, role.rolname, kind)
FROM tables t, pg_roles role, unnest(ARRAY['UPDATE', 'DELETE']) AS kind
WHERE role.rolname = $4 AND t.name = ANY ($5) AND has_table_privilege(role.oid, t.oid, kind)
UNION ALL
SELECT format('table %s: role %s may DELETE what is never removed', t.name, role.rolname)
FROM tables t, pg_roles role
WHERE role.rolname = $4 AND t.name = ANY ($8) AND has_table_privilege(role.oid, t.oid, 'DELETE')
UNION ALL
SELECT format('table %s: role %s may INSERT what the database counts', t.name, role.rolname)
FROM tables t, pg_roles role
WHERE role.rolname = $4 AND t.name = ANY ($7) AND has_table_privilege(role.oid, t.oid, 'INSERT')
UNION ALL
SELECT format('table %s: role %s may %s', t.name, role.rolname, kind)
FROM tables t, pg_roles role, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS kind
WHERE role.rolname = $6 AND has_table_privilege(role.oid, t.oid, kind)
UNION ALL
SELECT format('role %s: is exempt from row-level security', rolname)
FROM pg_roles WHERE rolname = ANY (ARRAY[$4, $6]) AND (rolsuper OR rolbypassrls)
UNION ALL
SELECT format('role %s: owns %s', role.rolname, c.oid::regclass)
FROM pg_class c JOIN pg_roles role ON role.oid = c.relowner WHERE role.rolname = ANY (ARRAY[$4, $6])
UNION ALL
SELECT format('role %s: is a member of %s', member.rolname, role.rolname)
FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member JOIN pg_roles role ON role.oid = m.roleid
WHERE member.rolname = ANY (ARRAY[$4, $6])
ORDER BY 1
"""


async def findings(connection: Any) -> list[str]:
    """Every gap, one sentence each; readable by any role."""
    kept = (list(APPEND_ONLY), WORKER, list(COUNTED), list(NEVER_REMOVED))
    rows = await connection.fetch(FINDINGS, list(BOOKKEEPING), WALL, list(REFERS_TO_SHARED), APPLICATION, *kept)
    return [row[0] for row in rows]


async def tenant_tables(connection: Any) -> list[str]:
    """The tables that carry a tenant."""
    return [
        row["name"] for row in await connection.fetch(f"SELECT name FROM ({TABLES}) t WHERE is_owned ORDER BY 1")
    ]
