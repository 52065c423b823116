-- An invoice can be credited in parts, by several credit notes. Together they are never more than it, line by line.

DROP INDEX invoices_corrected_once;
CREATE INDEX invoices_by_corrected ON invoices (tenant_id, corrects_id) WHERE corrects_id IS NOT NULL;

-- The credit with which a credit note lowers what the expenses of its lines are owed; none when the whole invoice
-- became void, or where something else gave the money back.
ALTER TABLE invoices ADD COLUMN payment_id bigint;
ALTER TABLE invoices ADD FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id);
ALTER TABLE invoices ADD CHECK (payment_id IS NULL OR kind = 'credit_note');
CREATE UNIQUE INDEX invoices_by_payment ON invoices (tenant_id, payment_id) WHERE payment_id IS NOT NULL;

CREATE OR REPLACE FUNCTION invoices_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE'
        OR (NEW.payer_id, NEW.company_id, NEW.kind, NEW.number, NEW.language, NEW.currency, NEW.issued_on,
            NEW.discount_units, NEW.net_units, NEW.tax_units, NEW.gross_units, NEW.frozen, NEW.digest, NEW.created_at)
           IS DISTINCT FROM
           (OLD.payer_id, OLD.company_id, OLD.kind, OLD.number, OLD.language, OLD.currency, OLD.issued_on,
            OLD.discount_units, OLD.net_units, OLD.tax_units, OLD.gross_units, OLD.frozen, OLD.digest, OLD.created_at)
        OR (NEW.due_on, NEW.corrects_id) IS DISTINCT FROM (OLD.due_on, OLD.corrects_id)
        OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id)
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) <> ('issued', 'void'))) THEN
        RAISE check_violation USING MESSAGE = 'a document that was issued does not change';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

-- Whoever issues a credit note waits for the others of its invoice here, whatever the program locked before.
CREATE FUNCTION credit_notes_stay_within() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM invoices i WHERE i.tenant_id = NEW.tenant_id AND i.id = NEW.corrects_id FOR UPDATE;
    IF EXISTS (
        SELECT FROM (
            SELECT c.expense_id, c.tax_rate, c.tax_category, sum(c.net_units) AS net, sum(c.tax_units) AS tax
              FROM invoices n JOIN invoice_lines c ON c.tenant_id = n.tenant_id AND c.invoice_id = n.id
             WHERE n.tenant_id = NEW.tenant_id AND n.corrects_id = NEW.corrects_id AND n.state = 'issued'
             GROUP BY c.expense_id, c.tax_rate, c.tax_category) given
          LEFT JOIN invoice_lines l ON l.tenant_id = NEW.tenant_id AND l.invoice_id = NEW.corrects_id
           AND (l.expense_id, l.tax_rate, l.tax_category) = (given.expense_id, given.tax_rate, given.tax_category)
         WHERE l.id IS NULL OR given.net > l.net_units OR given.tax > l.tax_units) THEN
        RAISE check_violation USING MESSAGE = 'more is credited than the invoice asks for';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER credit_notes_stay_within AFTER UPDATE OF state ON invoices FOR EACH ROW
    WHEN (NEW.kind = 'credit_note' AND NEW.state = 'issued' AND OLD.state = 'draft')
    EXECUTE FUNCTION credit_notes_stay_within();
