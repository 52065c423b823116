-- Ready answers of the team: for all or one's own. `texts` is by language: {"fr": {"subject": "", "body": "..."}}.

CREATE TABLE response_templates (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    texts jsonb NOT NULL,
    staff_id bigint,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX response_templates_shared_name_folded ON response_templates (tenant_id, name_folded)
    WHERE staff_id IS NULL;
CREATE UNIQUE INDEX response_templates_own_name_folded ON response_templates (tenant_id, staff_id, name_folded);
