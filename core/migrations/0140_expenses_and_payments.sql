-- What clients are charged, what they paid, and which payment covered which expense.

ALTER TABLE client_projects ADD COLUMN is_postpaid boolean NOT NULL DEFAULT false;

-- A debit of an account. Its figures never change; what was wrong is reversed.
CREATE TABLE expenses (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    payer_id bigint,
    key text NOT NULL CHECK (key <> ''),
    kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    text text NOT NULL CHECK (text <> ''),
    text_folded text COLLATE "C" GENERATED ALWAYS AS (lower(text)) STORED,
    day date NOT NULL,
    period_start date,
    period_end date,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    discount_units bigint NOT NULL DEFAULT 0 CHECK (discount_units >= 0),
    net_units bigint NOT NULL CHECK (net_units >= 0),
    tax_rate integer NOT NULL DEFAULT 0 CHECK (tax_rate BETWEEN 0 AND 100000),
    tax_category text NOT NULL CHECK (tax_category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
    tax_reason text NOT NULL DEFAULT '',
    tax_units bigint NOT NULL DEFAULT 0 CHECK (tax_units >= 0),
    gross_units bigint NOT NULL CHECK (gross_units = net_units + tax_units AND gross_units < 1000000000000000),
    covered_units bigint NOT NULL DEFAULT 0 CHECK (covered_units >= 0 AND covered_units <= gross_units),
    entry_id bigint,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    reversed_at timestamptz,
    reversed_by text NOT NULL DEFAULT '',
    reversed_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    CHECK ((period_start IS NULL) = (period_end IS NULL) AND period_end > period_start),
    CHECK (reversed_at IS NULL OR covered_units = 0),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id),
    FOREIGN KEY (tenant_id, payer_id) REFERENCES payers (tenant_id, id) ON DELETE SET NULL (payer_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries (tenant_id, id)
);
CREATE INDEX expenses_by_time ON expenses (tenant_id, created_at, id);
CREATE INDEX expenses_by_text ON expenses (tenant_id, text_folded);
CREATE INDEX expenses_by_client ON expenses (tenant_id, client_id, created_at, id);
CREATE INDEX expenses_by_account ON expenses (tenant_id, account_id, day, id);
CREATE INDEX expenses_by_payer ON expenses (tenant_id, payer_id) WHERE payer_id IS NOT NULL;
CREATE INDEX expenses_open ON expenses (tenant_id, account_id, day, id)
    WHERE covered_units < gross_units AND reversed_at IS NULL;

-- Money that came in. `allocated_units` of it cover expenses, the rest is an advance.
CREATE TABLE payments (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    key text NOT NULL CHECK (key <> ''),
    method text NOT NULL CHECK (method ~ '^[a-z_]{1,40}$'),
    state text NOT NULL CHECK (state IN ('pending', 'paid', 'cancelled', 'refunded')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    units bigint NOT NULL CHECK (units > 0 AND units < 1000000000000000),
    refunded_units bigint NOT NULL DEFAULT 0 CHECK (refunded_units >= 0 AND refunded_units <= units),
    allocated_units bigint NOT NULL DEFAULT 0
        CHECK (allocated_units >= 0 AND allocated_units <= units - refunded_units),
    day date NOT NULL,
    reference text NOT NULL DEFAULT '',
    reference_folded text COLLATE "C" GENERATED ALWAYS AS (lower(reference)) STORED,
    note text NOT NULL DEFAULT '',
    entry_id bigint,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    CHECK (state IN ('paid', 'refunded') OR (allocated_units = 0 AND refunded_units = 0)),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries (tenant_id, id)
);
CREATE INDEX payments_by_time ON payments (tenant_id, created_at, id);
CREATE INDEX payments_by_reference ON payments (tenant_id, reference_folded) WHERE reference <> '';
CREATE INDEX payments_by_client ON payments (tenant_id, client_id, created_at, id);
CREATE INDEX payments_by_account ON payments (tenant_id, account_id, day, id);
CREATE INDEX payments_free ON payments (tenant_id, account_id, day, id)
    WHERE state = 'paid' AND allocated_units + refunded_units < units;

-- That a payment came into a state: who, when, why.
CREATE TABLE payment_states (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    payment_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'paid', 'cancelled', 'refunded')),
    at timestamptz NOT NULL,
    actor_name text NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
);
CREATE INDEX payment_states_by_payment ON payment_states (tenant_id, payment_id, at);

-- Money of a payment that went back: given back by the provider, or taken back by the bank.
CREATE TABLE refunds (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    payment_id bigint NOT NULL,
    key text NOT NULL CHECK (key <> ''),
    kind text NOT NULL CHECK (kind IN ('refund', 'chargeback')),
    units bigint NOT NULL CHECK (units > 0),
    day date NOT NULL,
    reason text NOT NULL,
    entry_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries (tenant_id, id)
);
CREATE INDEX refunds_by_payment ON refunds (tenant_id, payment_id, created_at);

-- Which payment covered which expense with how much, until it is released.
CREATE TABLE allocations (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    payment_id bigint NOT NULL,
    expense_id bigint NOT NULL,
    units bigint NOT NULL CHECK (units > 0),
    at timestamptz NOT NULL,
    released_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id),
    FOREIGN KEY (tenant_id, expense_id) REFERENCES expenses (tenant_id, id)
);
CREATE INDEX allocations_by_payment ON allocations (tenant_id, payment_id) WHERE released_at IS NULL;
CREATE INDEX allocations_by_expense ON allocations (tenant_id, expense_id) WHERE released_at IS NULL;

-- The sums of allocations and refunds, kept where they are looked at. The rules of the columns refuse what covers an
-- expense twice, or spends a payment twice.
CREATE FUNCTION history.count_allocations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.expenses e SET covered_units = e.covered_units + s.units
      FROM (SELECT a.tenant_id, a.expense_id, sum(a.units) AS units FROM added a GROUP BY 1, 2) s
     WHERE e.tenant_id = s.tenant_id AND e.id = s.expense_id;
    UPDATE public.payments p SET allocated_units = p.allocated_units + s.units
      FROM (SELECT a.tenant_id, a.payment_id, sum(a.units) AS units FROM added a GROUP BY 1, 2) s
     WHERE p.tenant_id = s.tenant_id AND p.id = s.payment_id;
    RETURN NULL;
END $$;
CREATE FUNCTION history.count_releases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id
                WHERE o.released_at IS NOT NULL OR n.released_at IS NULL
                   OR (n.payment_id, n.expense_id, n.units, n.at) <> (o.payment_id, o.expense_id, o.units, o.at)) THEN
        RAISE EXCEPTION 'an allocation is released once, and does not change' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE public.expenses e SET covered_units = e.covered_units - s.units
      FROM (SELECT a.tenant_id, a.expense_id, sum(a.units) AS units FROM after a GROUP BY 1, 2) s
     WHERE e.tenant_id = s.tenant_id AND e.id = s.expense_id;
    UPDATE public.payments p SET allocated_units = p.allocated_units - s.units
      FROM (SELECT a.tenant_id, a.payment_id, sum(a.units) AS units FROM after a GROUP BY 1, 2) s
     WHERE p.tenant_id = s.tenant_id AND p.id = s.payment_id;
    RETURN NULL;
END $$;
CREATE FUNCTION history.count_refunds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.payments p SET refunded_units = p.refunded_units + s.units
      FROM (SELECT a.tenant_id, a.payment_id, sum(a.units) AS units FROM added a GROUP BY 1, 2) s
     WHERE p.tenant_id = s.tenant_id AND p.id = s.payment_id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION history.count_allocations(), history.count_releases(), history.count_refunds() FROM PUBLIC;
CREATE TRIGGER allocations_added AFTER INSERT ON allocations REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.count_allocations();
CREATE TRIGGER allocations_released AFTER UPDATE ON allocations REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION history.count_releases();
CREATE TRIGGER refunds_added AFTER INSERT ON refunds REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.count_refunds();

-- What the application may change of an expense is whose it is, and that it was reversed; of a payment its state, its
-- note, and the entry that it gets when it is paid. The sums are the triggers' above.
CREATE FUNCTION expenses_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.key, NEW.kind, NEW.text, NEW.day, NEW.currency, NEW.discount_units, NEW.net_units, NEW.tax_rate,
        NEW.tax_category, NEW.tax_reason, NEW.tax_units, NEW.created_at, NEW.created_by)
       IS DISTINCT FROM
       (OLD.key, OLD.kind, OLD.text, OLD.day, OLD.currency, OLD.discount_units, OLD.net_units, OLD.tax_rate,
        OLD.tax_category, OLD.tax_reason, OLD.tax_units, OLD.created_at, OLD.created_by)
       OR (NEW.period_start, NEW.period_end) IS DISTINCT FROM (OLD.period_start, OLD.period_end)
       OR NEW.entry_id IS DISTINCT FROM OLD.entry_id
       OR (OLD.reversed_at IS NOT NULL AND NEW.reversed_at IS DISTINCT FROM OLD.reversed_at)
       OR NEW.gross_units <> OLD.gross_units OR NEW.covered_units <> OLD.covered_units THEN
        RAISE EXCEPTION 'an expense does not change; it is reversed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER expenses_stay BEFORE UPDATE ON expenses FOR EACH ROW
    WHEN (current_user = 'comptoir_app') EXECUTE FUNCTION expenses_stay();
CREATE FUNCTION payments_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.key, NEW.method, NEW.currency, NEW.units, NEW.created_at, NEW.created_by)
       IS DISTINCT FROM (OLD.key, OLD.method, OLD.currency, OLD.units, OLD.created_at, OLD.created_by)
       OR (OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id)
       OR (OLD.state <> 'pending' AND NEW.state = 'pending') OR (OLD.state = 'cancelled' AND NEW.state <> 'cancelled')
       OR (NEW.allocated_units, NEW.refunded_units) <> (OLD.allocated_units, OLD.refunded_units) THEN
        RAISE EXCEPTION 'a payment does not change; it is refunded' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_stay BEFORE UPDATE ON payments FOR EACH ROW
    WHEN (current_user = 'comptoir_app') EXECUTE FUNCTION payments_stay();
-- Nothing begins covered, spent or given back.
CREATE FUNCTION counted_from_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sums begin at nothing' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER expenses_begin BEFORE INSERT ON expenses FOR EACH ROW
    WHEN (NEW.covered_units <> 0 OR NEW.reversed_at IS NOT NULL) EXECUTE FUNCTION counted_from_nothing();
CREATE TRIGGER payments_begin BEFORE INSERT ON payments FOR EACH ROW
    WHEN (NEW.allocated_units <> 0 OR NEW.refunded_units <> 0) EXECUTE FUNCTION counted_from_nothing();

-- An account that goes, because it was joined with another one, has nothing left; its entries stay in the ledger.
ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_tenant_id_holder_id_fkey;
CREATE FUNCTION client_projects_go_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_accounts l JOIN ledger_totals t ON t.tenant_id = l.tenant_id AND t.account_id = l.id
                WHERE l.tenant_id = OLD.tenant_id AND l.holder_id = OLD.id AND t.debits <> t.credits) THEN
        RAISE EXCEPTION 'there is money in this account' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER client_projects_go_empty AFTER DELETE ON client_projects
    FOR EACH ROW EXECUTE FUNCTION client_projects_go_empty();
CREATE FUNCTION ledger_accounts_have_holders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM client_projects p WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.holder_id) THEN
        RAISE EXCEPTION 'no such holder' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_accounts_have_holders BEFORE INSERT ON ledger_accounts FOR EACH ROW
    WHEN (NEW.holder_id IS NOT NULL) EXECUTE FUNCTION ledger_accounts_have_holders();
