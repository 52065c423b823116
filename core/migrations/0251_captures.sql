-- Money that a gateway holds: taken in whole or in part, or released. One of both for an attempt, unless it failed.

ALTER TABLE payment_attempts DROP CONSTRAINT payment_attempts_state_check;
ALTER TABLE payment_attempts ADD CONSTRAINT payment_attempts_state_check CHECK (state IN ('started', 'pending',
    'unknown', 'authorized', 'succeeded', 'failed', 'released', 'refunded'));
ALTER TABLE payment_attempts ADD COLUMN held_units bigint NOT NULL DEFAULT 0
    CHECK (held_units >= 0 AND held_units < 1000000000000000);
ALTER TABLE payment_attempts ADD CHECK (state <> 'authorized' OR held_units > 0);
CREATE INDEX payment_attempts_held ON payment_attempts (tenant_id, created_at, id) WHERE state = 'authorized';
ALTER TABLE payment_events DROP CONSTRAINT payment_events_source_check;
ALTER TABLE payment_events ADD CONSTRAINT payment_events_source_check CHECK (source IN ('start', 'capture', 'void',
    'refund', 'callback', 'poll', 'reconcile', 'call'));

CREATE TABLE attempt_captures (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    attempt_id bigint NOT NULL,
    key text NOT NULL CHECK (key <> ''),
    kind text NOT NULL CHECK (kind IN ('capture', 'void')),
    units bigint NOT NULL CHECK (units > 0 AND units < 1000000000000000),
    state text NOT NULL CHECK (state IN ('started', 'unknown', 'succeeded', 'failed')),
    message text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    FOREIGN KEY (tenant_id, attempt_id) REFERENCES payment_attempts (tenant_id, id)
);
CREATE INDEX attempt_captures_by_attempt ON attempt_captures (tenant_id, attempt_id, created_at);
CREATE UNIQUE INDEX attempt_captures_one ON attempt_captures (tenant_id, attempt_id) WHERE state <> 'failed';
