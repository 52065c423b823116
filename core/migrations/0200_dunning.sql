-- Dunning: who is reminded, charged a fee, suspended and ended after how many days, and what was done about which debt.

-- `steps` are in the order of their days. Of several policies that fit a client the nearest is his.
CREATE TABLE dunning_policies (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    recipient text NOT NULL CHECK (recipient IN ('provider', 'project', 'group', 'client')),
    project_id bigint CHECK ((project_id IS NOT NULL) = (recipient = 'project')),
    group_id bigint CHECK ((group_id IS NOT NULL) = (recipient = 'group')),
    client_id bigint CHECK ((client_id IS NOT NULL) = (recipient = 'client')),
    priority int NOT NULL DEFAULT 0 CHECK (priority BETWEEN -1000 AND 1000),
    steps jsonb NOT NULL CHECK (jsonb_typeof(steps) = 'array'),
    least jsonb NOT NULL DEFAULT '{}' CHECK (least::text ~ '^\{("[A-Z]{3}": [0-9]+(, )?)*\}$'),
    terms_days int NOT NULL CHECK (terms_days BETWEEN 0 AND 120),
    notice_days int NOT NULL CHECK (notice_days BETWEEN 1 AND 60),
    is_on_workdays boolean NOT NULL,
    covers_postpaid boolean NOT NULL,
    is_fee_taxed boolean NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX dunning_policies_once
    ON dunning_policies (tenant_id, recipient, coalesce(project_id, group_id, client_id, 0));
CREATE INDEX dunning_policies_by_project ON dunning_policies (tenant_id, project_id) WHERE project_id IS NOT NULL;
CREATE INDEX dunning_policies_by_group ON dunning_policies (tenant_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX dunning_policies_by_client ON dunning_policies (tenant_id, client_id) WHERE client_id IS NOT NULL;

-- Free days besides weekends: `holidays` of one year, and `yearly` ones, which are written in the year 2000.
CREATE TABLE dunning_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    holidays date[] NOT NULL DEFAULT '{}',
    yearly date[] NOT NULL DEFAULT '{}',
    most_stops int NOT NULL CHECK (most_stops BETWEEN 0 AND 100000),
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id)
);

-- What was done, each step of an account's debt once. `due_on` is the debt, `step_day` and `action` the step.
CREATE TABLE dunning_events (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    due_on date NOT NULL,
    step_day int NOT NULL,
    action text NOT NULL CHECK (action IN ('remind', 'fee', 'suspend', 'end')),
    result text NOT NULL CHECK (result IN ('done', 'skipped')),
    on_day date NOT NULL,
    at timestamptz NOT NULL,
    policy text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    units bigint NOT NULL CHECK (units >= 0),
    services int NOT NULL DEFAULT 0 CHECK (services >= 0),
    expense_id bigint,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id, due_on, step_day, action),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id),
    FOREIGN KEY (tenant_id, expense_id) REFERENCES expenses (tenant_id, id)
);
CREATE INDEX dunning_events_by_client ON dunning_events (tenant_id, client_id, at, id);

-- Days on which nothing happens to a client, both ends included; they do not count. Lifted, it ends the day before.
CREATE TABLE dunning_pauses (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL CHECK (until_day >= from_day - 1),
    reason text NOT NULL CHECK (reason <> ''),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    lifted_at timestamptz,
    lifted_by text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX dunning_pauses_by_client ON dunning_pauses (tenant_id, client_id, from_day, id);

-- A service that dunning suspended goes on when what is overdue is paid; one that people suspended does not.
ALTER TABLE services DROP CONSTRAINT services_suspended_for_check;
ALTER TABLE services ADD CONSTRAINT services_suspended_for_check
    CHECK (suspended_for IN ('', 'abuse', 'unpaid', 'request', 'dunning'));
CREATE INDEX services_dunned ON services (tenant_id, account_id) WHERE suspended_for = 'dunning';
