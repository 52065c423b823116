-- Companies: the provider's own legal entities, whose names stand on documents. Every provider has one.

CREATE TABLE companies (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    legal_form text NOT NULL DEFAULT '',
    registration_number text NOT NULL DEFAULT '',
    vat_number text NOT NULL DEFAULT '',
    street text NOT NULL DEFAULT '',
    postcode text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    region text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    logo_id bigint,
    series text NOT NULL DEFAULT '',
    invoice_pattern text NOT NULL DEFAULT 'INV-{year}-{number:5}',
    credit_note_pattern text NOT NULL DEFAULT 'CN-{year}-{number:5}',
    contract_pattern text NOT NULL DEFAULT 'CTR-{year}-{number:4}',
    is_default boolean NOT NULL DEFAULT false,
    archived_at timestamptz,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded),
    FOREIGN KEY (tenant_id, logo_id) REFERENCES images (tenant_id, id),
    CHECK (NOT (is_default AND archived_at IS NOT NULL))
);
CREATE UNIQUE INDEX companies_one_default ON companies (tenant_id) WHERE is_default;
CREATE INDEX companies_by_logo ON companies (tenant_id, logo_id) WHERE logo_id IS NOT NULL;

-- Where a company is paid.
CREATE TABLE bank_accounts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    company_id bigint NOT NULL,
    holder text NOT NULL CHECK (holder <> ''),
    iban text NOT NULL CHECK (iban <> ''),
    bic text NOT NULL DEFAULT '',
    bank text NOT NULL DEFAULT '',
    is_default boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, company_id, iban),
    FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX bank_accounts_one_default ON bank_accounts (tenant_id, company_id) WHERE is_default;

-- The next number of each kind of document. The row is locked from the number on until its transaction ends, so that
-- one that is undone gives its number back. Year 0 and series '' stand for a pattern that names neither.
CREATE TABLE document_counters (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    company_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'contract')),
    series text NOT NULL,
    year int NOT NULL,
    next bigint NOT NULL CHECK (next > 0),
    PRIMARY KEY (tenant_id, company_id, kind, series, year),
    FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id)
);

-- The companies that a project sells through. A project without any sells through all of them.
CREATE TABLE project_companies (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    project_id bigint NOT NULL,
    company_id bigint NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, project_id, company_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id)
);
CREATE UNIQUE INDEX project_companies_one_default ON project_companies (tenant_id, project_id) WHERE is_default;
CREATE INDEX project_companies_by_company ON project_companies (tenant_id, company_id);

-- Providers who are there already get theirs now. The owner of the tables reads all of them for that; the wall is
-- put up again at the end of the migration, as after every one.
ALTER TABLE providers NO FORCE ROW LEVEL SECURITY;
INSERT INTO companies (tenant_id, name, country, is_default, created_at)
SELECT p.id, p.name, p.country, true, p.created_at FROM providers p WHERE p.id <> 0;
