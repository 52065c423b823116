-- Taxes: rates by country and day that stand before those that come with the product, what the provider decided about
-- taxes, and what VIES answered about VAT numbers.

CREATE TABLE tax_rates (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    payer_kind text NOT NULL CHECK (payer_kind IN ('any', 'individual', 'company')),
    rate int NOT NULL CHECK (rate BETWEEN 0 AND 100000),
    from_day date NOT NULL,
    until_day date CHECK (until_day >= from_day),
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, country, payer_kind, from_day)
);

-- One row a provider, from the first time that it decides something.
CREATE TABLE tax_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    includes_tax boolean NOT NULL,
    consumers text NOT NULL CHECK (consumers IN ('destination', 'origin')),
    outside text NOT NULL CHECK (outside IN ('O', 'G')),
    is_liable boolean NOT NULL,
    mention text NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id)
);

-- Each answer stays: it is the evidence for what was sold without tax while it stood. The latest one of a number counts.
CREATE TABLE vat_proofs (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    number text NOT NULL CHECK (number <> ''),
    answer text NOT NULL CHECK (answer IN ('valid', 'invalid')),
    requester text NOT NULL DEFAULT '',
    consultation text NOT NULL DEFAULT '',
    day date NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX vat_proofs_by_number ON vat_proofs (tenant_id, number, answered_at, id);

CREATE FUNCTION vat_proofs_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = 'the answer of VIES does not change';
END $$;
CREATE TRIGGER vat_proofs_stay BEFORE UPDATE ON vat_proofs FOR EACH ROW EXECUTE FUNCTION vat_proofs_stay();
