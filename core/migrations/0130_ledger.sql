-- Who has what: accounts, and transfers of money between two of them. Nothing is written that does not balance,
-- since a transfer has one amount and two sides of one currency.

CREATE TABLE ledger_accounts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    holder_id bigint,
    opened_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, id, currency),
    UNIQUE NULLS NOT DISTINCT (tenant_id, kind, currency, holder_id),
    FOREIGN KEY (tenant_id, holder_id) REFERENCES client_projects (tenant_id, id)
);
CREATE INDEX ledger_accounts_by_holder ON ledger_accounts (tenant_id, holder_id) WHERE holder_id IS NOT NULL;

-- What happened: one row, whatever it moves. `at` is when it counts, `recorded_at` when it was written.
CREATE TABLE ledger_entries (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    key text NOT NULL CHECK (key <> ''),
    kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    digest bytea NOT NULL,
    reverses_id bigint,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    UNIQUE (tenant_id, reverses_id),
    FOREIGN KEY (tenant_id, reverses_id) REFERENCES ledger_entries (tenant_id, id)
);
CREATE INDEX ledger_entries_by_time ON ledger_entries (tenant_id, at, id);

CREATE TABLE ledger_transfers (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    entry_id bigint NOT NULL,
    debit_id bigint NOT NULL,
    credit_id bigint NOT NULL CHECK (credit_id <> debit_id),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    units bigint NOT NULL CHECK (units > 0 AND units < 1000000000000000),
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries (tenant_id, id),
    FOREIGN KEY (tenant_id, debit_id, currency) REFERENCES ledger_accounts (tenant_id, id, currency),
    FOREIGN KEY (tenant_id, credit_id, currency) REFERENCES ledger_accounts (tenant_id, id, currency)
);
CREATE INDEX ledger_transfers_by_entry ON ledger_transfers (tenant_id, entry_id);
CREATE INDEX ledger_transfers_by_debit ON ledger_transfers (tenant_id, debit_id, at, id);
CREATE INDEX ledger_transfers_by_credit ON ledger_transfers (tenant_id, credit_id, at, id);

-- The sums of each account's sides, so that a balance is one row however long its history is. They are kept by the
-- database alone: the application reads them. A row is there as soon as its account is.
CREATE TABLE ledger_totals (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    account_id bigint NOT NULL,
    debits numeric(30, 0) NOT NULL DEFAULT 0,
    credits numeric(30, 0) NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, account_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES ledger_accounts (tenant_id, id)
);

CREATE FUNCTION history.open_totals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.ledger_totals (tenant_id, account_id) SELECT a.tenant_id, a.id FROM added a;
    RETURN NULL;
END $$;

-- Accounts are locked in the order of their ids, so that two who write at once wait for each other in one direction.
CREATE FUNCTION history.count_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.ledger_totals t
     WHERE (t.tenant_id, t.account_id) IN (SELECT a.tenant_id, a.debit_id FROM added a
                                           UNION SELECT a.tenant_id, a.credit_id FROM added a)
     ORDER BY t.account_id FOR NO KEY UPDATE;
    UPDATE public.ledger_totals t SET debits = t.debits + s.debits, credits = t.credits + s.credits
      FROM (SELECT m.tenant_id, m.account_id, sum(m.debits) AS debits, sum(m.credits) AS credits
              FROM (SELECT a.tenant_id, a.debit_id AS account_id, a.units AS debits, 0 AS credits FROM added a
                    UNION ALL SELECT a.tenant_id, a.credit_id, 0, a.units FROM added a) m
             GROUP BY m.tenant_id, m.account_id) s
     WHERE t.tenant_id = s.tenant_id AND t.account_id = s.account_id;
    RETURN NULL;
END $$;
-- For who looks at a balance before he takes from it.
CREATE FUNCTION history.lock_totals(accounts bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.ledger_totals t
     WHERE t.tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::bigint AND t.account_id = ANY (accounts)
     ORDER BY t.account_id FOR NO KEY UPDATE;
END $$;
REVOKE ALL ON FUNCTION history.open_totals(), history.count_transfers(), history.lock_totals(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION history.lock_totals(bigint[]) TO comptoir_app;

CREATE TRIGGER ledger_accounts_totals AFTER INSERT ON ledger_accounts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.open_totals();
CREATE TRIGGER ledger_transfers_totals AFTER INSERT ON ledger_transfers REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.count_transfers();
