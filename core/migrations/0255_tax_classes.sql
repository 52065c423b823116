-- Tax classes: what a product is taxed as, own rates of a class, and how the clients of a group are taxed.

ALTER TABLE products
    ADD COLUMN tax_class text NOT NULL DEFAULT 'standard'
        CHECK (tax_class IN ('standard', 'reduced', 'super_reduced', 'zero', 'exempt')),
    ADD COLUMN vatex text NOT NULL DEFAULT '',
    ADD COLUMN tax_reason text NOT NULL DEFAULT '',
    ADD CHECK (tax_class = 'exempt' OR vatex = '' AND tax_reason = ''),
    ADD CHECK (tax_class <> 'exempt' OR vatex <> '' OR tax_reason <> '');

ALTER TABLE tax_rates
    ADD COLUMN tax_class text NOT NULL DEFAULT 'standard'
        CHECK (tax_class IN ('standard', 'reduced', 'super_reduced')),
    DROP CONSTRAINT tax_rates_tenant_id_country_payer_kind_from_day_key,
    ADD UNIQUE (tenant_id, country, tax_class, payer_kind, from_day);

-- How what clients of a group buy is taxed from a day on: not at all (`rate` is null), or at a rate of its own. One
-- treatment of a group at a time: the one that began last.
CREATE TABLE group_taxes (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    group_id bigint NOT NULL,
    rate int CHECK (rate BETWEEN 0 AND 100000),
    vatex text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    from_day date NOT NULL,
    until_day date CHECK (until_day >= from_day),
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, group_id, from_day),
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id) ON DELETE CASCADE,
    CHECK (vatex <> '' OR reason <> ''),
    CHECK (rate IS NULL OR vatex = '')
);
