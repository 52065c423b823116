-- Quotes that clients accept or decline: services as they would be ordered, at prices that are held until a day.

CREATE TABLE offers (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    key text NOT NULL CHECK (key <> ''),
    number int NOT NULL CHECK (number > 0),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'sent', 'accepted', 'declined', 'withdrawn')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    note text NOT NULL DEFAULT '',
    valid_until date,
    sent_on date,
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    UNIQUE (tenant_id, number),
    CHECK (state IN ('draft', 'withdrawn') OR (valid_until IS NOT NULL AND sent_on IS NOT NULL)),
    CHECK ((state IN ('draft', 'sent')) = (ended_at IS NULL)),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id)
);
CREATE INDEX offers_by_time ON offers (tenant_id, created_at, id);
CREATE INDEX offers_by_client ON offers (tenant_id, client_id, created_at, id);
CREATE INDEX offers_by_account ON offers (tenant_id, account_id);

-- One service. `quoted` is its price with the trace, `held` what that came from: discounts, groups, days of trial.
CREATE TABLE offer_lines (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    offer_id bigint NOT NULL,
    plan_id bigint NOT NULL,
    price_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    label text NOT NULL DEFAULT '',
    addons jsonb NOT NULL DEFAULT '{}',
    quoted jsonb NOT NULL,
    held jsonb NOT NULL,
    service_id bigint,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, offer_id) REFERENCES offers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, plan_id) REFERENCES plans (tenant_id, id),
    FOREIGN KEY (tenant_id, price_id) REFERENCES prices (tenant_id, id),
    FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id)
);
CREATE INDEX offer_lines_by_offer ON offer_lines (tenant_id, offer_id, created_at, id);
CREATE UNIQUE INDEX offer_lines_by_service ON offer_lines (tenant_id, service_id) WHERE service_id IS NOT NULL;

-- What a service that was quoted holds its price by; null for one that was ordered.
ALTER TABLE services ADD COLUMN held jsonb;
