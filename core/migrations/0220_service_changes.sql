-- Changes of services to another plan, or other addons: what was done at once, and what is planned for the next period.

-- What a product's policy is: when a change to something dearer or cheaper begins, and what becomes of what was paid.
ALTER TABLE products ADD COLUMN upgrade_when text NOT NULL DEFAULT 'now'
    CHECK (upgrade_when IN ('now', 'renewal'));
ALTER TABLE products ADD COLUMN downgrade_when text NOT NULL DEFAULT 'renewal'
    CHECK (downgrade_when IN ('now', 'renewal'));
ALTER TABLE products ADD COLUMN downgrade_rest text NOT NULL DEFAULT 'credit'
    CHECK (downgrade_rest IN ('credit', 'refund', 'none'));

-- Periods that were billed before the anchor moved, because the length of a period changed.
ALTER TABLE services ADD COLUMN earlier_periods int NOT NULL DEFAULT 0 CHECK (earlier_periods >= 0);

-- A planned one has all that the service will have from `on_day` on; the billing run performs it with that period.
CREATE TABLE service_changes (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    service_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'done', 'withdrawn')),
    on_day date NOT NULL,
    plan_id bigint NOT NULL,
    price_id bigint NOT NULL,
    old_name text NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    addons jsonb NOT NULL DEFAULT '{}',
    period_count int NOT NULL CHECK (period_count BETWEEN 1 AND 120),
    period_unit text NOT NULL CHECK (period_unit IN ('day', 'month', 'year')),
    full_units bigint NOT NULL CHECK (full_units >= 0 AND full_units < 1000000000000000),
    discount_units bigint NOT NULL CHECK (discount_units >= 0 AND discount_units <= full_units),
    discount_periods int CHECK (discount_periods >= 0),
    discount_until date,
    discount_id bigint,
    discount_number int NOT NULL DEFAULT 0,
    trace jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK ((state = 'planned') = (ended_at IS NULL)),
    FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES plans (tenant_id, id),
    FOREIGN KEY (tenant_id, price_id) REFERENCES prices (tenant_id, id),
    FOREIGN KEY (tenant_id, discount_id) REFERENCES discounts (tenant_id, id) ON DELETE SET NULL (discount_id)
);
CREATE UNIQUE INDEX service_changes_planned ON service_changes (tenant_id, service_id) WHERE state = 'planned';
CREATE INDEX service_changes_by_service ON service_changes (tenant_id, service_id, created_at);

-- What was given back of the periods of a service: it came into the account as a payment by credit.
CREATE TABLE service_credits (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    service_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL CHECK (period_end > period_start),
    net_units bigint NOT NULL CHECK (net_units >= 0),
    tax_rate integer NOT NULL CHECK (tax_rate BETWEEN 0 AND 100000),
    tax_category text NOT NULL CHECK (tax_category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
    tax_units bigint NOT NULL CHECK (tax_units >= 0),
    gross_units bigint NOT NULL CHECK (gross_units = net_units + tax_units AND gross_units > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX service_credits_by_service ON service_credits (tenant_id, service_id, period_end);
