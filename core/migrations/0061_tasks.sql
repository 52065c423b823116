-- Long-running tasks, how far each has come, and what became of each row.

CREATE TABLE tasks (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind <> ''),
    title text NOT NULL CHECK (title <> ''),
    payload jsonb NOT NULL DEFAULT '{}',
    position jsonb NOT NULL DEFAULT '{}',
    outcome jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed')),
    reason text NOT NULL DEFAULT '',
    total bigint NOT NULL CHECK (total >= 0),
    done bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    is_cancel_asked boolean NOT NULL DEFAULT false,
    actor_kind text NOT NULL,
    actor_name text NOT NULL,
    person_id bigint,
    api_key_id bigint,
    locale text NOT NULL,
    address text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    touched_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK ((state IN ('waiting', 'running')) = (ended_at IS NULL))
);
CREATE INDEX tasks_by_time ON tasks (tenant_id, created_at, id);
CREATE INDEX tasks_by_person ON tasks (tenant_id, person_id, created_at, id);
CREATE INDEX tasks_by_end ON tasks (tenant_id, ended_at);

CREATE TABLE task_results (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    task_id bigint NOT NULL,
    number bigint NOT NULL,
    subject_kind text NOT NULL DEFAULT '',
    subject_id bigint,
    code bigint,
    name text NOT NULL DEFAULT '',
    outcome text NOT NULL CHECK (outcome IN ('done', 'skipped', 'failed')),
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, task_id, number),
    FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX task_results_by_outcome ON task_results (tenant_id, task_id, outcome, number);
