-- What gateways say that does not agree with what is recorded here. Somebody records it or dismisses it; nothing of it
-- is in the books before. `mark` makes the same difference one, so that each night finds it once.
CREATE TABLE payment_differences (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    plugin text NOT NULL CHECK (plugin <> ''),
    kind text NOT NULL CHECK (kind IN ('nobody', 'missing', 'amount', 'state')),
    source text NOT NULL CHECK (source IN ('callback', 'reconcile')),
    mark text NOT NULL CHECK (mark <> ''),
    attempt_id bigint,
    key text NOT NULL DEFAULT '',
    gateway_id text NOT NULL DEFAULT '',
    standing text NOT NULL DEFAULT '',
    currency text NOT NULL DEFAULT '' CHECK (currency ~ '^([A-Z]{3})?$'),
    units bigint CHECK (units >= 0 AND units < 1000000000000000),
    message text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'recorded', 'dismissed', 'gone')),
    payment_id bigint,
    reason text NOT NULL DEFAULT '',
    found_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, plugin, mark),
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK (state <> 'dismissed' OR reason <> ''),
    FOREIGN KEY (tenant_id, attempt_id) REFERENCES payment_attempts (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX payment_differences_by_time ON payment_differences (tenant_id, state, found_at, id);
CREATE INDEX payment_differences_by_attempt ON payment_differences (tenant_id, attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX payment_differences_by_payment ON payment_differences (tenant_id, payment_id) WHERE payment_id IS NOT NULL;

-- What gateways called about before, and was nobody's.
INSERT INTO payment_differences (tenant_id, plugin, kind, source, mark, gateway_id, standing, currency, units, message,
    found_at)
SELECT tenant_id, plugin, 'nobody', 'callback', 'nobody:' || gateway_id || ':' || standing, gateway_id, standing,
       currency, units, message, at
  FROM payment_events WHERE attempt_id IS NULL AND outcome = 'nobody' AND gateway_id <> ''
ON CONFLICT DO NOTHING;
