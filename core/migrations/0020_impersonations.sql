-- Visits of staff inside a client's account: who, why, from when to when. What was done inside is in the audit.

CREATE TABLE impersonations (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    token_hash bytea NOT NULL,
    staff_id bigint NOT NULL,
    session_id bigint,
    client_id bigint,
    reason text NOT NULL CHECK (reason <> ''),
    back text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '' CHECK (ended_by IN ('', 'left', 'expired', 'right', 'session', 'client')),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id),
    FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE SET NULL (session_id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE SET NULL (client_id)
);
CREATE INDEX impersonations_by_staff ON impersonations (tenant_id, staff_id, started_at DESC);
CREATE INDEX impersonations_by_client ON impersonations (tenant_id, client_id, started_at DESC);
CREATE INDEX impersonations_by_session ON impersonations (tenant_id, session_id);
CREATE INDEX impersonations_going_on ON impersonations (tenant_id, expires_at) WHERE ended_at IS NULL;
-- No chain: whoever is inside one client cannot enter another from the same session, not even at the same moment.
CREATE UNIQUE INDEX impersonations_one_at_a_time ON impersonations (tenant_id, session_id) WHERE ended_at IS NULL;

-- Which visit an act belongs to; its actor is the member of staff, its client the one whose account it was.
ALTER TABLE audit_entries ADD COLUMN impersonation_id bigint;
