-- Outgoing webhooks: where a provider wants to be told of what happens, what happened, and what was sent.

-- `sealed` is the secret that signs; for a day after it was changed the one before signs too. While an endpoint fails
-- it rests, longer each time.
CREATE TABLE webhook_endpoints (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    url text NOT NULL CHECK (url <> ''),
    description text NOT NULL DEFAULT '',
    is_for_all boolean NOT NULL DEFAULT true,
    events text[] NOT NULL DEFAULT '{}',
    sealed text NOT NULL DEFAULT '',
    sealed_before text NOT NULL DEFAULT '',
    before_until timestamptz,
    is_on boolean NOT NULL DEFAULT true,
    failures int NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since timestamptz,
    rests_until timestamptz,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    CHECK (is_for_all OR cardinality(events) > 0),
    CHECK ((sealed_before = '') = (before_until IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL))
);

-- Written in the transaction in which it happened, where an endpoint wants it. A job makes the payload, the same for
-- everybody it is sent to. `endpoint_id`: only for that one (a test).
CREATE TABLE webhook_events (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind <> ''),
    subject_id bigint NOT NULL,
    client_id bigint,
    name text NOT NULL DEFAULT '',
    changed jsonb NOT NULL DEFAULT '[]',
    endpoint_id bigint,
    payload text NOT NULL DEFAULT '',
    is_spread boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_events_waiting ON webhook_events (tenant_id, created_at, id) WHERE NOT is_spread;
CREATE INDEX webhook_events_by_time ON webhook_events (tenant_id, created_at, id);
CREATE INDEX webhook_events_by_client ON webhook_events (tenant_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX webhook_events_by_endpoint ON webhook_events (tenant_id, endpoint_id) WHERE endpoint_id IS NOT NULL;

-- One event for one endpoint, however often it is tried. `next_at` is empty when nothing more is to come.
CREATE TABLE webhook_deliveries (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    endpoint_id bigint NOT NULL,
    event_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind <> ''),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'retrying', 'sent', 'refused', 'dead')),
    attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    status int,
    error text NOT NULL DEFAULT '',
    next_at timestamptz,
    give_up_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, endpoint_id, event_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, event_id) REFERENCES webhook_events (tenant_id, id) ON DELETE CASCADE,
    CHECK ((next_at IS NULL) = (state IN ('sent', 'refused', 'dead')))
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, endpoint_id, next_at, id)
    WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (tenant_id, endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (tenant_id, endpoint_id, state, created_at, id);
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (tenant_id, event_id);

-- `status` is empty when no answer came; `answer` is how it began.
CREATE TABLE webhook_attempts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    delivery_id bigint NOT NULL,
    number int NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    milliseconds int NOT NULL CHECK (milliseconds >= 0),
    status int,
    error text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (tenant_id, delivery_id, at, id);
