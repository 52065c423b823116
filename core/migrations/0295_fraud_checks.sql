-- What plugins think of registrations and orders, and what people decide about those that they should look at.
CREATE TABLE fraud_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT 1 CHECK (id = 1),
    on_failure text NOT NULL DEFAULT 'review' CHECK (on_failure IN ('pass', 'review')),
    checks_staff boolean NOT NULL DEFAULT true,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);

-- A registration that was refused has no client: then it is known by what was said. Those are forgotten after a while.
CREATE TABLE fraud_checks (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind IN ('registration', 'order')),
    source text NOT NULL CHECK (source IN ('sign_up', 'staff', 'api', 'portal')),
    verdict text NOT NULL CHECK (verdict IN ('pass', 'review', 'fail')),
    state text NOT NULL CHECK (state IN ('passed', 'waiting', 'stopped', 'approved', 'refused')),
    client_id bigint,
    project_id bigint NOT NULL,
    name text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    seen jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(seen) = 'object'),
    answers jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(answers) = 'array'),
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    CHECK ((state IN ('approved', 'refused')) = (decided_at IS NOT NULL)),
    CHECK (client_id IS NOT NULL OR state = 'stopped'),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX fraud_checks_by_time ON fraud_checks (tenant_id, created_at, id);
CREATE INDEX fraud_checks_by_state ON fraud_checks (tenant_id, state, created_at, id) WHERE state <> 'passed';
CREATE INDEX fraud_checks_by_client ON fraud_checks (tenant_id, client_id, created_at, id) WHERE client_id IS NOT NULL;
CREATE INDEX fraud_checks_by_project ON fraud_checks (tenant_id, project_id);

-- The check that a service was ordered under; while it waits, the service does not begin.
ALTER TABLE services ADD COLUMN fraud_check_id bigint;
ALTER TABLE services ADD FOREIGN KEY (tenant_id, fraud_check_id) REFERENCES fraud_checks (tenant_id, id);
CREATE INDEX services_by_fraud_check ON services (tenant_id, fraud_check_id) WHERE fraud_check_id IS NOT NULL;
