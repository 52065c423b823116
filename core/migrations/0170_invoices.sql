-- Invoices, credit notes and pro formas over expenses. What was issued is frozen: nobody changes or removes it.

-- How a company bills: how many days there are to pay, and what French law wants to be said.
CREATE TABLE invoice_terms (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    company_id bigint NOT NULL,
    due_days int NOT NULL DEFAULT 14 CHECK (due_days BETWEEN 0 AND 120),
    operations text NOT NULL DEFAULT 'services' CHECK (operations IN ('services', 'goods', 'mixed')),
    is_vat_on_debits boolean NOT NULL DEFAULT false,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, company_id),
    FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE CASCADE
);

-- `frozen` is all that the document says, as JSON text, and `digest` its SHA-256, from the moment it is issued. `state`
-- is that of the last row of invoice_states. A credit note corrects one invoice, and that one is void then.
CREATE TABLE invoices (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    payer_id bigint NOT NULL,
    company_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'proforma')),
    state text NOT NULL CHECK (state IN ('draft', 'issued', 'void')),
    number text COLLATE "C" NOT NULL DEFAULT '',
    language text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    issued_on date,
    due_on date,
    discount_units bigint NOT NULL CHECK (discount_units >= 0),
    net_units bigint NOT NULL CHECK (net_units >= 0),
    tax_units bigint NOT NULL CHECK (tax_units >= 0),
    gross_units bigint NOT NULL CHECK (gross_units = net_units + tax_units AND gross_units < 1000000000000000),
    corrects_id bigint,
    frozen text NOT NULL DEFAULT '',
    digest text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id),
    FOREIGN KEY (tenant_id, payer_id) REFERENCES payers (tenant_id, id),
    FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id),
    FOREIGN KEY (tenant_id, corrects_id) REFERENCES invoices (tenant_id, id),
    CHECK ((state = 'draft') = (issued_on IS NULL) AND (state = 'draft') = (digest = '')
           AND (digest = '') = (frozen = '')),
    CHECK ((number = '') = (state = 'draft' OR kind = 'proforma')),
    CHECK ((kind = 'credit_note') = (corrects_id IS NOT NULL) AND (kind <> 'credit_note' OR state <> 'void'))
);
CREATE UNIQUE INDEX invoices_number ON invoices (tenant_id, company_id, number) WHERE number <> '';
CREATE UNIQUE INDEX invoices_corrected_once ON invoices (tenant_id, corrects_id) WHERE corrects_id IS NOT NULL;
CREATE INDEX invoices_by_time ON invoices (tenant_id, created_at, id);
CREATE INDEX invoices_by_client ON invoices (tenant_id, client_id, created_at, id);
CREATE INDEX invoices_by_account ON invoices (tenant_id, account_id);
CREATE INDEX invoices_by_payer ON invoices (tenant_id, payer_id);
CREATE INDEX invoices_by_company ON invoices (tenant_id, company_id, created_at, id);
CREATE INDEX invoices_by_state ON invoices (tenant_id, state, created_at, id);
CREATE INDEX invoices_by_number ON invoices (tenant_id, number) WHERE number <> '';
CREATE INDEX invoices_by_due ON invoices (tenant_id, due_on, id) WHERE state = 'issued' AND kind = 'invoice';

-- A line is an expense as it was. `is_live`: the document is what asks for it: of a draft and an issued invoice, no
-- more of a void one, never of a credit note or a pro forma. An expense is asked for by one document at most.
CREATE TABLE invoice_lines (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    invoice_id bigint NOT NULL,
    position int NOT NULL CHECK (position > 0),
    expense_id bigint NOT NULL,
    is_live boolean NOT NULL,
    text text NOT NULL CHECK (text <> ''),
    period_start date,
    period_end date,
    discount_units bigint NOT NULL CHECK (discount_units >= 0),
    net_units bigint NOT NULL CHECK (net_units >= 0),
    tax_rate int NOT NULL CHECK (tax_rate BETWEEN 0 AND 100000),
    tax_category text NOT NULL CHECK (tax_category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
    tax_reason text NOT NULL,
    tax_units bigint NOT NULL CHECK (tax_units >= 0),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, invoice_id, position),
    UNIQUE (tenant_id, invoice_id, expense_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, expense_id) REFERENCES expenses (tenant_id, id)
);
CREATE UNIQUE INDEX invoice_lines_once ON invoice_lines (tenant_id, expense_id) WHERE is_live;
CREATE INDEX invoice_lines_by_expense ON invoice_lines (tenant_id, expense_id);

-- Who brought it into which state, when and why. Rows are added and never changed.
CREATE TABLE invoice_states (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    invoice_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'issued', 'void')),
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_name text NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX invoice_states_by_invoice ON invoice_states (tenant_id, invoice_id, at, id);

-- The PDF as it was printed when it was issued. Rows are added and never changed.
CREATE TABLE invoice_files (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    invoice_id bigint NOT NULL,
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 10485760),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, invoice_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id)
);

-- What was issued is never changed, whoever asks. It can become void, and follow its client when that is merged.
CREATE FUNCTION invoices_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE'
        OR (NEW.payer_id, NEW.company_id, NEW.kind, NEW.number, NEW.language, NEW.currency, NEW.issued_on,
            NEW.discount_units, NEW.net_units, NEW.tax_units, NEW.gross_units, NEW.frozen, NEW.digest, NEW.created_at)
           IS DISTINCT FROM
           (OLD.payer_id, OLD.company_id, OLD.kind, OLD.number, OLD.language, OLD.currency, OLD.issued_on,
            OLD.discount_units, OLD.net_units, OLD.tax_units, OLD.gross_units, OLD.frozen, OLD.digest, OLD.created_at)
        OR (NEW.due_on, NEW.corrects_id) IS DISTINCT FROM (OLD.due_on, OLD.corrects_id)
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) <> ('issued', 'void'))) THEN
        RAISE check_violation USING MESSAGE = 'a document that was issued does not change';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER invoices_stay BEFORE UPDATE OR DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION invoices_stay();

-- Its lines neither: none is added, changed or removed, but that the lines of a void one ask for nothing any more.
CREATE FUNCTION invoice_lines_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line invoice_lines := coalesce(NEW, OLD);
    now_in text := (SELECT i.state FROM invoices i WHERE i.tenant_id = line.tenant_id AND i.id = line.invoice_id);
BEGIN
    IF now_in <> 'draft' AND NOT (TG_OP = 'UPDATE' AND now_in = 'void' AND NOT NEW.is_live
        AND (NEW.invoice_id, NEW.position, NEW.expense_id, NEW.text, NEW.discount_units, NEW.net_units, NEW.tax_rate,
             NEW.tax_category, NEW.tax_reason, NEW.tax_units)
            = (OLD.invoice_id, OLD.position, OLD.expense_id, OLD.text, OLD.discount_units, OLD.net_units, OLD.tax_rate,
               OLD.tax_category, OLD.tax_reason, OLD.tax_units)
        AND (NEW.period_start, NEW.period_end) IS NOT DISTINCT FROM (OLD.period_start, OLD.period_end)) THEN
        RAISE check_violation USING MESSAGE = 'a document that was issued does not change';
    END IF;
    RETURN line;
END $$;
CREATE TRIGGER invoice_lines_stay BEFORE INSERT OR UPDATE OR DELETE ON invoice_lines
    FOR EACH ROW EXECUTE FUNCTION invoice_lines_stay();

-- An expense that an issued invoice asks for is not reversed under it: the invoice is made void first.
CREATE FUNCTION expenses_stand_on_invoices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM invoice_lines l JOIN invoices i ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id
                WHERE l.tenant_id = NEW.tenant_id AND l.expense_id = NEW.id AND l.is_live AND i.state = 'issued') THEN
        RAISE check_violation USING MESSAGE = 'an issued invoice asks for this expense';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER expenses_stand_on_invoices BEFORE UPDATE ON expenses FOR EACH ROW
    WHEN (NEW.reversed_at IS NOT NULL AND OLD.reversed_at IS NULL) EXECUTE FUNCTION expenses_stand_on_invoices();
