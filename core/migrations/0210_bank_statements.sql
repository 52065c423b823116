-- Statements of the provider's bank accounts, and the payments that were found in them.

-- A number without what people put into it or misread: capitals and digits, O as 0, I and L as 1.
CREATE FUNCTION plain_number(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(upper(regexp_replace($1, '[^A-Za-z0-9]', '', 'g') COLLATE "C"), 'OIL', '011')
$$;
CREATE INDEX invoices_by_plain_number ON invoices (tenant_id, plain_number(number))
    WHERE state = 'issued' AND kind = 'invoice';
CREATE INDEX invoices_by_amount ON invoices (tenant_id, currency, gross_units)
    WHERE state = 'issued' AND kind = 'invoice';

-- `rows` are those of a table whose columns are not confirmed yet; then they go. `known` lines stood in others before.
CREATE TABLE bank_statements (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    bank_account_id bigint,
    iban text NOT NULL,
    name text NOT NULL,
    format text NOT NULL CHECK (format IN ('camt053', 'mt940', 'csv')),
    state text NOT NULL CHECK (state IN ('columns', 'read')),
    currency text NOT NULL DEFAULT '',
    opening_units bigint,
    closing_units bigint,
    first_on date,
    last_on date,
    lines int NOT NULL DEFAULT 0,
    known int NOT NULL DEFAULT 0,
    headings text[] NOT NULL DEFAULT '{}',
    columns text[] NOT NULL DEFAULT '{}',
    is_month_first boolean NOT NULL DEFAULT false,
    rows bytea,
    match_task_id bigint,
    record_task_id bigint,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, bank_account_id) REFERENCES bank_accounts (tenant_id, id)
        ON DELETE SET NULL (bank_account_id)
);
CREATE INDEX bank_statements_by_time ON bank_statements (tenant_id, created_at, id);
CREATE INDEX bank_statements_by_account ON bank_statements (tenant_id, bank_account_id);

-- `key` makes a line one, in however many statements it stands. `account_id` is whose payment it is taken for, with why and
-- how sure; `payment_id` what was recorded of it.
CREATE TABLE bank_lines (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    statement_id bigint NOT NULL,
    number int NOT NULL CHECK (number > 0),
    key text NOT NULL CHECK (key <> ''),
    day date NOT NULL,
    units bigint NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reference text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    payer_iban text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('open', 'recorded', 'set_aside', 'outgoing')),
    account_id bigint,
    why text NOT NULL DEFAULT '' CHECK (why IN ('', 'invoice', 'reference', 'iban', 'client', 'amount', 'several',
        'currency', 'twin', 'chosen')),
    sure text NOT NULL DEFAULT '' CHECK (sure IN ('', 'guess', 'likely', 'sure')),
    found text NOT NULL DEFAULT '',
    payment_id bigint,
    tries int NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    closed_at timestamptz,
    closed_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    UNIQUE (tenant_id, statement_id, number),
    CHECK ((state = 'recorded') = (payment_id IS NOT NULL) AND (state = 'set_aside') = (reason <> '')),
    CHECK ((state = 'outgoing') = (units <= 0)),
    FOREIGN KEY (tenant_id, statement_id) REFERENCES bank_statements (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id) ON DELETE SET NULL (account_id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX bank_lines_open ON bank_lines (tenant_id, created_at, id) WHERE state = 'open';
CREATE INDEX bank_lines_by_statement ON bank_lines (tenant_id, statement_id, state, number);
CREATE INDEX bank_lines_by_account ON bank_lines (tenant_id, account_id) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX bank_lines_by_payment ON bank_lines (tenant_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX bank_lines_by_iban ON bank_lines (tenant_id, payer_iban) WHERE payment_id IS NOT NULL AND payer_iban <> '';
CREATE INDEX bank_lines_twins ON bank_lines (tenant_id, day, units);
