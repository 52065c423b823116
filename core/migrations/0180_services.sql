-- What clients have, and how it is billed. A service keeps the price it was ordered at; its periods are counted from
-- `anchor`, and `periods` of them are billed. `next_on` is the first day of the next one, null when none comes.

CREATE TABLE services (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    payer_id bigint,
    plan_id bigint NOT NULL,
    price_id bigint NOT NULL,
    key text NOT NULL CHECK (key <> ''),
    name text NOT NULL CHECK (name <> ''),
    label text NOT NULL DEFAULT '',
    label_folded text COLLATE "C" GENERATED ALWAYS AS (lower(label)) STORED,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'active', 'suspended', 'ended')),
    suspended_for text NOT NULL DEFAULT '' CHECK (suspended_for IN ('', 'abuse', 'unpaid', 'request')),
    billing text NOT NULL CHECK (billing IN ('once', 'period', 'calendar', 'daily')),
    period_count int NOT NULL CHECK (period_count BETWEEN 0 AND 120),
    period_unit text NOT NULL CHECK (period_unit IN ('', 'day', 'month', 'year')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    full_units bigint NOT NULL CHECK (full_units >= 0 AND full_units < 1000000000000000),
    discount_units bigint NOT NULL DEFAULT 0 CHECK (discount_units >= 0 AND discount_units <= full_units),
    discount_periods int CHECK (discount_periods >= 0),
    discount_until date,
    setup_units bigint NOT NULL DEFAULT 0 CHECK (setup_units >= 0),
    addons jsonb NOT NULL DEFAULT '{}',
    trace jsonb NOT NULL DEFAULT '{}',
    anchor date,
    periods int NOT NULL DEFAULT 0 CHECK (periods >= 0),
    next_on date,
    ends_on date,
    parked text NOT NULL DEFAULT '' CHECK (parked IN ('', 'funds')),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    CHECK ((billing = 'once') = (period_unit = '')),
    CHECK (next_on IS NULL OR (anchor IS NOT NULL AND billing <> 'once')),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id),
    FOREIGN KEY (tenant_id, payer_id) REFERENCES payers (tenant_id, id) ON DELETE SET NULL (payer_id),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES plans (tenant_id, id),
    FOREIGN KEY (tenant_id, price_id) REFERENCES prices (tenant_id, id)
);
CREATE INDEX services_by_time ON services (tenant_id, created_at, id);
CREATE INDEX services_by_label ON services (tenant_id, label_folded) WHERE label <> '';
CREATE INDEX services_by_client ON services (tenant_id, client_id, created_at, id);
CREATE INDEX services_by_account ON services (tenant_id, account_id);
CREATE INDEX services_by_plan ON services (tenant_id, plan_id);
CREATE INDEX services_by_payer ON services (tenant_id, payer_id) WHERE payer_id IS NOT NULL;
CREATE INDEX services_due ON services (tenant_id, next_on, id) WHERE state = 'active' AND next_on IS NOT NULL;
CREATE INDEX services_ending ON services (tenant_id, ends_on, id)
    WHERE ends_on IS NOT NULL AND state IN ('active', 'suspended');

CREATE TABLE service_states (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    service_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'active', 'suspended', 'ended')),
    at timestamptz NOT NULL,
    actor_name text NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id)
);
CREATE INDEX service_states_by_service ON service_states (tenant_id, service_id, at);

ALTER TABLE expenses ADD COLUMN service_id bigint;
ALTER TABLE expenses ADD FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id);
CREATE INDEX expenses_by_service ON expenses (tenant_id, service_id, day) WHERE service_id IS NOT NULL;

-- The first day of a period, counted from the anchor: 31 January, 28 February, 31 March, as `core.periods` does it.
CREATE FUNCTION period_day(anchor date, unit text, count int, number int) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE unit WHEN 'day' THEN anchor + count * number
                     WHEN 'month' THEN (anchor + make_interval(months => count * number))::date
                     ELSE (anchor + make_interval(years => count * number))::date END
$$;

-- The last period that can have begun by a day; never one too few, and one too many in a month's first days.
CREATE FUNCTION period_number(anchor date, unit text, count int, day date) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE unit WHEN 'day' THEN (day - anchor) / count
                     WHEN 'month' THEN ((extract(year FROM day) - extract(year FROM anchor)) * 12
                                        + extract(month FROM day) - extract(month FROM anchor))::int / count
                     ELSE (extract(year FROM day) - extract(year FROM anchor))::int / count END
$$;
