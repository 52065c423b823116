-- More of what the billing run writes by the thousand is checked once for a statement: who an expense is of, documents
-- and their lines. What they refer to is locked once too, so that it does not go meanwhile. Each is looked up by
-- a query of its own, by the primary key, whatever the planner thinks of the tables (which it may take for empty).

CREATE OR REPLACE FUNCTION history.check_expenses() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_bitmapscan = off SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT e.tenant_id, e.account_id FROM added e ORDER BY e.account_id) e
      CROSS JOIN LATERAL (SELECT FROM public.client_projects a
                           WHERE a.tenant_id = e.tenant_id AND a.id = e.account_id FOR KEY SHARE) a;
    PERFORM FROM (SELECT DISTINCT e.tenant_id, e.payer_id FROM added e WHERE e.payer_id IS NOT NULL
                   ORDER BY e.payer_id) e
      CROSS JOIN LATERAL (SELECT FROM public.payers p
                           WHERE p.tenant_id = e.tenant_id AND p.id = e.payer_id FOR KEY SHARE) p;
    IF EXISTS (SELECT FROM added e
                WHERE (SELECT a.client_id FROM public.client_projects a
                        WHERE a.tenant_id = e.tenant_id AND a.id = e.account_id) IS DISTINCT FROM e.client_id
                   OR (e.payer_id IS NOT NULL AND (SELECT p.id FROM public.payers p
                        WHERE p.tenant_id = e.tenant_id AND p.id = e.payer_id) IS NULL)
                   OR (e.entry_id IS NOT NULL AND (SELECT l.id FROM public.ledger_entries l
                        WHERE l.tenant_id = e.tenant_id AND l.id = e.entry_id) IS NULL)
                   OR (e.service_id IS NOT NULL AND (SELECT s.account_id FROM public.services s
                        WHERE s.tenant_id = e.tenant_id AND s.id = e.service_id) IS DISTINCT FROM e.account_id)) THEN
        RAISE EXCEPTION 'an expense is of an account of its client, a payer, an entry, and a service of the account'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION history.check_moved_expense() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.expenses e
                     JOIN public.client_projects a
                       ON a.tenant_id = e.tenant_id AND a.id = e.account_id AND a.client_id = e.client_id
                     LEFT JOIN public.services s
                       ON s.tenant_id = e.tenant_id AND s.id = e.service_id AND s.account_id = e.account_id
                     LEFT JOIN public.payers p ON p.tenant_id = e.tenant_id AND p.id = e.payer_id
                    WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.id AND (e.service_id IS NULL OR s.id IS NOT NULL)
                      AND (e.payer_id IS NULL OR p.id IS NOT NULL))
       AND EXISTS (SELECT FROM public.expenses e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.id) THEN
        RAISE EXCEPTION 'an expense is of an account of its client, a payer, and a service of the account'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER expenses_moved ON expenses;
CREATE CONSTRAINT TRIGGER expenses_moved AFTER UPDATE OF client_id, account_id, payer_id, service_id ON expenses
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION history.check_moved_expense();
ALTER TABLE expenses DROP CONSTRAINT expenses_tenant_id_account_id_fkey,
    DROP CONSTRAINT expenses_tenant_id_payer_id_fkey;
ALTER FUNCTION history.count_transfers() SET enable_bitmapscan = off;
ALTER FUNCTION history.count_transfers() SET enable_seqscan = off;

-- A document is of an account of its client, a payer and a company; looked at again when it is given to others.
CREATE FUNCTION history.check_invoices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_bitmapscan = off SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT i.tenant_id, i.account_id FROM added i ORDER BY i.account_id) i
      CROSS JOIN LATERAL (SELECT FROM public.client_projects a
                           WHERE a.tenant_id = i.tenant_id AND a.id = i.account_id FOR KEY SHARE) a;
    PERFORM FROM (SELECT DISTINCT i.tenant_id, i.payer_id FROM added i ORDER BY i.payer_id) i
      CROSS JOIN LATERAL (SELECT FROM public.payers p
                           WHERE p.tenant_id = i.tenant_id AND p.id = i.payer_id FOR KEY SHARE) p;
    PERFORM FROM (SELECT DISTINCT i.tenant_id, i.company_id FROM added i ORDER BY i.company_id) i
      CROSS JOIN LATERAL (SELECT FROM public.companies c
                           WHERE c.tenant_id = i.tenant_id AND c.id = i.company_id FOR KEY SHARE) c;
    IF EXISTS (SELECT FROM added i
                WHERE (SELECT a.client_id FROM public.client_projects a
                        WHERE a.tenant_id = i.tenant_id AND a.id = i.account_id) IS DISTINCT FROM i.client_id
                   OR (SELECT p.id FROM public.payers p WHERE p.tenant_id = i.tenant_id AND p.id = i.payer_id) IS NULL
                   OR (SELECT c.id FROM public.companies c
                        WHERE c.tenant_id = i.tenant_id AND c.id = i.company_id) IS NULL) THEN
        RAISE EXCEPTION 'a document is of an account of its client, a payer and a company'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT FROM added i WHERE i.state <> 'draft' AND i.kind <> 'invoice') THEN
        RAISE check_violation USING MESSAGE = 'only an invoice is issued at once';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION history.check_moved_invoice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.invoices i
                     JOIN public.client_projects a
                       ON a.tenant_id = i.tenant_id AND a.id = i.account_id AND a.client_id = i.client_id
                     JOIN public.payers p ON p.tenant_id = i.tenant_id AND p.id = i.payer_id
                     JOIN public.companies c ON c.tenant_id = i.tenant_id AND c.id = i.company_id
                    WHERE i.tenant_id = NEW.tenant_id AND i.id = NEW.id)
       AND EXISTS (SELECT FROM public.invoices i WHERE i.tenant_id = NEW.tenant_id AND i.id = NEW.id) THEN
        RAISE EXCEPTION 'a document is of an account of its client, a payer and a company'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoices_checked AFTER INSERT ON invoices REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.check_invoices();
CREATE CONSTRAINT TRIGGER invoices_moved AFTER UPDATE OF client_id, account_id, payer_id, company_id ON invoices
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION history.check_moved_invoice();
ALTER TABLE invoices DROP CONSTRAINT invoices_tenant_id_client_id_fkey,
    DROP CONSTRAINT invoices_tenant_id_account_id_fkey, DROP CONSTRAINT invoices_tenant_id_payer_id_fkey,
    DROP CONSTRAINT invoices_tenant_id_company_id_fkey;

-- An account stays as long as anything was charged there, and whoever is named on a document; of who only paid, the
-- expenses forget who it was.
CREATE FUNCTION history.used_accounts_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.expenses e WHERE e.tenant_id = OLD.tenant_id AND e.account_id = OLD.id)
       OR EXISTS (SELECT FROM public.invoices i WHERE i.tenant_id = OLD.tenant_id AND i.account_id = OLD.id) THEN
        RAISE EXCEPTION 'there are expenses or documents of this account' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER used_accounts_stay AFTER DELETE ON client_projects
    FOR EACH ROW EXECUTE FUNCTION history.used_accounts_stay();
CREATE FUNCTION history.named_payers_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.invoices i WHERE i.tenant_id = OLD.tenant_id AND i.payer_id = OLD.id) THEN
        RAISE EXCEPTION 'a document names this payer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    UPDATE public.expenses e SET payer_id = NULL WHERE e.tenant_id = OLD.tenant_id AND e.payer_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER named_payers_stay AFTER DELETE ON payers FOR EACH ROW EXECUTE FUNCTION history.named_payers_stay();
CREATE FUNCTION history.named_companies_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.invoices i WHERE i.tenant_id = OLD.tenant_id AND i.company_id = OLD.id) THEN
        RAISE EXCEPTION 'a document names this company' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER named_companies_stay AFTER DELETE ON companies
    FOR EACH ROW EXECUTE FUNCTION history.named_companies_stay();

-- A line is of a document and an expense. What is issued at once gets all its lines at once: none is added later.
CREATE FUNCTION history.check_invoice_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_bitmapscan = off SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT l.tenant_id, l.invoice_id FROM added l ORDER BY l.invoice_id) l
      CROSS JOIN LATERAL (SELECT FROM public.invoices i
                           WHERE i.tenant_id = l.tenant_id AND i.id = l.invoice_id FOR KEY SHARE) i;
    IF EXISTS (SELECT FROM added l
                WHERE (SELECT i.id FROM public.invoices i
                        WHERE i.tenant_id = l.tenant_id AND i.id = l.invoice_id) IS NULL
                   OR (SELECT e.id FROM public.expenses e
                        WHERE e.tenant_id = l.tenant_id AND e.id = l.expense_id) IS NULL) THEN
        RAISE EXCEPTION 'a line is of a document and an expense' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT FROM (SELECT l.tenant_id, l.invoice_id, count(*) AS number FROM added l GROUP BY 1, 2) l
                WHERE (SELECT i.state FROM public.invoices i
                        WHERE i.tenant_id = l.tenant_id AND i.id = l.invoice_id) <> 'draft'
                  AND (SELECT count(*) FROM public.invoice_lines o
                        WHERE o.tenant_id = l.tenant_id AND o.invoice_id = l.invoice_id) <> l.number) THEN
        RAISE check_violation USING MESSAGE = 'a document that was issued does not change';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION history.keep_invoice_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a line stays in its document' USING ERRCODE = 'foreign_key_violation';
END $$;
CREATE FUNCTION history.remove_invoice_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM public.invoice_lines l WHERE l.tenant_id = OLD.tenant_id AND l.invoice_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_lines_checked AFTER INSERT ON invoice_lines REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.check_invoice_lines();
CREATE TRIGGER invoice_lines_keep AFTER UPDATE ON invoice_lines FOR EACH ROW
    WHEN ((NEW.invoice_id, NEW.expense_id) IS DISTINCT FROM (OLD.invoice_id, OLD.expense_id))
    EXECUTE FUNCTION history.keep_invoice_lines();
CREATE TRIGGER invoices_with_lines AFTER DELETE ON invoices
    FOR EACH ROW EXECUTE FUNCTION history.remove_invoice_lines();
DROP TRIGGER invoice_lines_stay ON invoice_lines;
CREATE TRIGGER invoice_lines_stay BEFORE UPDATE OR DELETE ON invoice_lines
    FOR EACH ROW EXECUTE FUNCTION invoice_lines_stay();
ALTER TABLE invoice_lines DROP CONSTRAINT invoice_lines_tenant_id_invoice_id_fkey,
    DROP CONSTRAINT invoice_lines_tenant_id_expense_id_fkey;

REVOKE ALL ON FUNCTION history.check_invoices(), history.check_moved_invoice(), history.used_accounts_stay(),
    history.named_payers_stay(), history.named_companies_stay(), history.check_invoice_lines(),
    history.keep_invoice_lines(), history.remove_invoice_lines() FROM PUBLIC;
