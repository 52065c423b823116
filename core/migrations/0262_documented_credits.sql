-- What was given back of a service, and which credit notes say so: a note with `service_credit_id` gives no money, for
-- that came with the credit. What of a credit stands in no note waits until an invoice over its period is issued.

ALTER TABLE invoices ADD COLUMN service_credit_id bigint;
ALTER TABLE invoices ADD FOREIGN KEY (tenant_id, service_credit_id) REFERENCES service_credits (tenant_id, id);
ALTER TABLE invoices ADD CHECK (service_credit_id IS NULL OR (kind = 'credit_note' AND payment_id IS NULL));
CREATE INDEX invoices_by_service_credit ON invoices (tenant_id, service_credit_id)
    WHERE service_credit_id IS NOT NULL;

UPDATE invoices k SET service_credit_id = (
    SELECT c.id FROM invoice_lines l JOIN expenses e ON e.tenant_id = l.tenant_id AND e.id = l.expense_id
      JOIN service_credits c ON c.tenant_id = e.tenant_id AND c.service_id = e.service_id
       AND c.period_start < l.period_end AND c.period_end > l.period_start AND c.created_at <= k.created_at
     WHERE l.tenant_id = k.tenant_id AND l.invoice_id = k.id ORDER BY c.created_at DESC, c.id DESC LIMIT 1)
 WHERE k.kind = 'credit_note' AND k.payment_id IS NULL AND EXISTS (
       SELECT FROM invoices i WHERE i.tenant_id = k.tenant_id AND i.id = k.corrects_id AND i.state = 'issued');

CREATE OR REPLACE FUNCTION invoices_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE'
        OR (NEW.payer_id, NEW.company_id, NEW.kind, NEW.number, NEW.language, NEW.currency, NEW.issued_on,
            NEW.discount_units, NEW.net_units, NEW.tax_units, NEW.gross_units, NEW.frozen, NEW.digest, NEW.created_at)
           IS DISTINCT FROM
           (OLD.payer_id, OLD.company_id, OLD.kind, OLD.number, OLD.language, OLD.currency, OLD.issued_on,
            OLD.discount_units, OLD.net_units, OLD.tax_units, OLD.gross_units, OLD.frozen, OLD.digest, OLD.created_at)
        OR (NEW.due_on, NEW.corrects_id, NEW.service_credit_id)
           IS DISTINCT FROM (OLD.due_on, OLD.corrects_id, OLD.service_credit_id)
        OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id)
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) <> ('issued', 'void'))) THEN
        RAISE check_violation USING MESSAGE = 'a document that was issued does not change';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
