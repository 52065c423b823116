-- Discounts, the promo codes that open them, and which services got which discount from which of their periods on.
-- `percent` is in thousandths; `units` is taken off (amount) or paid instead (special). Of a group, product or plan
-- that was removed the discount stays and reaches nobody any more.

CREATE TABLE discounts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    kind text NOT NULL CHECK (kind IN ('percent', 'amount', 'special')),
    percent int NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100000),
    units bigint NOT NULL DEFAULT 0 CHECK (units >= 0 AND units < 1000000000000000),
    currency text NOT NULL DEFAULT '' CHECK (currency ~ '^([A-Z]{3})?$'),
    recipient text NOT NULL CHECK (recipient IN ('all', 'group', 'client')),
    group_id bigint CHECK (group_id IS NULL OR recipient = 'group'),
    client_id bigint CHECK ((client_id IS NOT NULL) = (recipient = 'client')),
    area text NOT NULL CHECK (area IN ('all', 'product', 'plan')),
    product_id bigint CHECK (product_id IS NULL OR area = 'product'),
    plan_id bigint CHECK (plan_id IS NULL OR area = 'plan'),
    period_count int NOT NULL DEFAULT 0 CHECK (period_count BETWEEN 0 AND 120),
    period_unit text NOT NULL DEFAULT '' CHECK (period_unit IN ('', 'day', 'month', 'year')),
    priority int NOT NULL DEFAULT 0 CHECK (priority BETWEEN -1000 AND 1000),
    from_day date,
    until_day date CHECK (until_day >= from_day),
    lasts text NOT NULL CHECK (lasts IN ('days', 'periods', 'forever')),
    periods int NOT NULL DEFAULT 0 CHECK (periods BETWEEN 0 AND 1000 AND (periods > 0) = (lasts = 'periods')),
    needs_code boolean NOT NULL DEFAULT false,
    is_first_order boolean NOT NULL DEFAULT false,
    least_quantity int NOT NULL DEFAULT 0 CHECK (least_quantity BETWEEN 0 AND 1000000),
    least_units bigint NOT NULL DEFAULT 0 CHECK (least_units >= 0 AND least_units < 1000000000000000),
    with_set_up boolean NOT NULL DEFAULT false,
    ended_at timestamptz,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded),
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id) ON DELETE SET NULL (group_id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id) ON DELETE SET NULL (product_id),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES plans (tenant_id, id) ON DELETE SET NULL (plan_id),
    CHECK ((period_count = 0) = (period_unit = '')),
    CHECK (CASE kind WHEN 'percent' THEN percent > 0 AND units = 0 ELSE percent = 0 AND currency <> '' END),
    CHECK (least_units = 0 OR currency <> '')
);
CREATE INDEX discounts_by_time ON discounts (tenant_id, created_at, id);
CREATE INDEX discounts_in_force ON discounts (tenant_id, recipient) WHERE ended_at IS NULL;
CREATE INDEX discounts_by_client ON discounts (tenant_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX discounts_by_group ON discounts (tenant_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX discounts_by_product ON discounts (tenant_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX discounts_by_plan ON discounts (tenant_id, plan_id) WHERE plan_id IS NOT NULL;

-- `uses` is counted by the one statement that takes a use, and never goes above `most_uses`.
CREATE TABLE promo_codes (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    discount_id bigint NOT NULL,
    code text NOT NULL CHECK (code <> ''),
    code_folded text NOT NULL GENERATED ALWAYS AS (lower(code)) STORED,
    client_id bigint,
    most_uses int CHECK (most_uses > 0),
    most_per_client int CHECK (most_per_client > 0),
    uses int NOT NULL DEFAULT 0 CHECK (uses >= 0 AND uses <= most_uses),
    withdrawn_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code_folded),
    FOREIGN KEY (tenant_id, discount_id) REFERENCES discounts (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX promo_codes_by_discount ON promo_codes (tenant_id, discount_id, created_at, id);
CREATE INDEX promo_codes_by_client ON promo_codes (tenant_id, client_id) WHERE client_id IS NOT NULL;

-- `subject` names what it was given to, as `service-17`. `begun` is the number of the first period with the discount,
-- null while a code was taken and nothing has been priced yet.
CREATE TABLE discount_uses (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    discount_id bigint NOT NULL,
    code_id bigint,
    client_id bigint NOT NULL,
    subject text COLLATE "C" NOT NULL CHECK (subject ~ '^[a-z_]{1,20}-[0-9]{1,18}$'),
    begun int CHECK (begun >= 0),
    day date NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, subject, discount_id),
    FOREIGN KEY (tenant_id, discount_id) REFERENCES discounts (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, code_id) REFERENCES promo_codes (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX discount_uses_by_discount ON discount_uses (tenant_id, discount_id);
CREATE INDEX discount_uses_by_client ON discount_uses (tenant_id, client_id);
CREATE INDEX discount_uses_by_code ON discount_uses (tenant_id, code_id, client_id) WHERE code_id IS NOT NULL;
