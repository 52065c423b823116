-- The ways to pay that a provider offers, in its order; where there is none, the usual ones apply.

-- `plugin` is "" for money that people record: then `method` is bank_transfer, cash or other.
-- Amounts are in the one currency that is named then. `fee_percent` is in thousandths of a percent.
CREATE TABLE payment_methods (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name_en text NOT NULL CHECK (name_en <> ''),
    name_fr text NOT NULL CHECK (name_fr <> ''),
    note_en text NOT NULL DEFAULT '',
    note_fr text NOT NULL DEFAULT '',
    plugin text NOT NULL DEFAULT '',
    method text NOT NULL CHECK (method <> '' AND (plugin <> '' OR method IN ('bank_transfer', 'cash', 'other'))),
    currencies text[] NOT NULL DEFAULT '{}',
    fee_percent int NOT NULL DEFAULT 0 CHECK (fee_percent BETWEEN 0 AND 100000),
    fee_units bigint NOT NULL DEFAULT 0 CHECK (fee_units >= 0 AND fee_units < 1000000000000000),
    fee_bearer text NOT NULL DEFAULT 'provider' CHECK (fee_bearer IN ('provider', 'client')),
    least_units bigint CHECK (least_units > 0 AND least_units < 1000000000000000),
    most_units bigint CHECK (most_units > 0 AND most_units < 1000000000000000),
    is_on boolean NOT NULL DEFAULT true,
    is_for_clients boolean NOT NULL DEFAULT true,
    position int NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    CHECK (least_units IS NULL OR most_units IS NULL OR least_units <= most_units),
    CHECK (cardinality(currencies) = 1 OR (fee_units = 0 AND least_units IS NULL AND most_units IS NULL))
);

-- The companies that a method is bound to; one that is bound to none is every company's.
CREATE TABLE payment_method_companies (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    method_id bigint NOT NULL,
    company_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, method_id, company_id),
    FOREIGN KEY (tenant_id, method_id) REFERENCES payment_methods (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id)
);
CREATE INDEX payment_method_companies_by_company ON payment_method_companies (tenant_id, company_id);

-- By which method a payment came, and which was its fee.
ALTER TABLE payments ADD COLUMN method_id bigint;
ALTER TABLE payments ADD FOREIGN KEY (tenant_id, method_id) REFERENCES payment_methods (tenant_id, id);
CREATE INDEX payments_by_method ON payments (tenant_id, method_id) WHERE method_id IS NOT NULL;
ALTER TABLE payment_attempts ADD COLUMN method_id bigint;
ALTER TABLE payment_attempts ADD COLUMN fee_units bigint NOT NULL DEFAULT 0
    CHECK (fee_units >= 0 AND fee_units < units);
ALTER TABLE payment_attempts ADD FOREIGN KEY (tenant_id, method_id) REFERENCES payment_methods (tenant_id, id);
CREATE INDEX payment_attempts_by_method ON payment_attempts (tenant_id, method_id) WHERE method_id IS NOT NULL;
