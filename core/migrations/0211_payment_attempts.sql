-- Payments that a plugin carries out with its gateway, what the gateway said about each, and what was given back by it.

-- `parked` says why somebody has to look at it, "" for nothing. One payment comes of an attempt at most.
CREATE TABLE payment_attempts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    account_id bigint NOT NULL,
    plugin text NOT NULL CHECK (plugin <> ''),
    method text NOT NULL CHECK (method <> ''),
    key text NOT NULL CHECK (key <> ''),
    state text NOT NULL CHECK (state IN ('started', 'pending', 'unknown', 'succeeded', 'failed', 'refunded')),
    parked text NOT NULL DEFAULT '' CHECK (parked IN ('', 'currency', 'amount', 'twice', 'early', 'refused')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    units bigint NOT NULL CHECK (units > 0 AND units < 1000000000000000),
    gateway_id text NOT NULL DEFAULT '',
    redirect text NOT NULL DEFAULT '',
    message text NOT NULL DEFAULT '',
    payment_id bigint,
    polls int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    touched_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    CHECK ((state IN ('succeeded', 'refunded')) = (payment_id IS NOT NULL)),
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX payment_attempts_by_time ON payment_attempts (tenant_id, created_at, id);
CREATE INDEX payment_attempts_by_account ON payment_attempts (tenant_id, account_id);
CREATE INDEX payment_attempts_parked ON payment_attempts (tenant_id, created_at, id) WHERE parked <> '';
CREATE UNIQUE INDEX payment_attempts_by_payment ON payment_attempts (tenant_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE UNIQUE INDEX payment_attempts_by_gateway ON payment_attempts (tenant_id, plugin, gateway_id)
    WHERE gateway_id <> '';

-- What a gateway said, and what became of it. Rows are added and never changed. A message with an id counts once.
CREATE TABLE payment_events (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    attempt_id bigint,
    plugin text NOT NULL,
    source text NOT NULL CHECK (source IN ('start', 'capture', 'refund', 'callback', 'poll', 'reconcile', 'call')),
    event_id text NOT NULL DEFAULT '',
    gateway_id text NOT NULL DEFAULT '',
    standing text NOT NULL,
    currency text NOT NULL DEFAULT '',
    units bigint,
    outcome text NOT NULL CHECK (outcome IN ('applied', 'known', 'late', 'parked', 'nobody', 'failed')),
    message text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, attempt_id) REFERENCES payment_attempts (tenant_id, id)
);
CREATE INDEX payment_events_by_attempt ON payment_events (tenant_id, attempt_id, at);
CREATE UNIQUE INDEX payment_events_once ON payment_events (tenant_id, plugin, event_id) WHERE event_id <> '';

-- Money that the gateway is asked to give back.
CREATE TABLE attempt_refunds (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    attempt_id bigint NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    reason text NOT NULL CHECK (reason <> ''),
    state text NOT NULL CHECK (state IN ('started', 'unknown', 'succeeded', 'failed')),
    message text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, attempt_id) REFERENCES payment_attempts (tenant_id, id)
);
CREATE INDEX attempt_refunds_by_attempt ON attempt_refunds (tenant_id, attempt_id, created_at);
CREATE UNIQUE INDEX attempt_refunds_one_at_a_time ON attempt_refunds (tenant_id, attempt_id)
    WHERE state IN ('started', 'unknown');
