-- The history of documents is checked once for a statement, as their lines are (0241), and the lines of a document that
-- asks for its expenses stand in one index less. Nothing is checked that was not before.

CREATE FUNCTION history.check_invoice_states() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_bitmapscan = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT s.tenant_id, s.invoice_id FROM added s ORDER BY s.invoice_id OFFSET 0) s
                 LEFT JOIN LATERAL (SELECT i.id FROM public.invoices i
                                     WHERE i.tenant_id = s.tenant_id AND i.id = s.invoice_id FOR KEY SHARE) i ON true
                WHERE i.id IS NULL) THEN
        RAISE EXCEPTION 'a state is of a document' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_states_checked AFTER INSERT ON invoice_states REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.check_invoice_states();
CREATE OR REPLACE FUNCTION history.remove_invoice_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM public.invoice_lines l WHERE l.tenant_id = OLD.tenant_id AND l.invoice_id = OLD.id;
    DELETE FROM public.invoice_states s WHERE s.tenant_id = OLD.tenant_id AND s.invoice_id = OLD.id;
    RETURN NULL;
END $$;
ALTER TABLE invoice_states DROP CONSTRAINT invoice_states_tenant_id_invoice_id_fkey;
REVOKE ALL ON FUNCTION history.check_invoice_states() FROM PUBLIC;

-- What asks for an expense is found by invoice_lines_once, what does no more by the other.
DROP INDEX invoice_lines_by_expense;
CREATE UNIQUE INDEX invoice_lines_by_expense ON invoice_lines (tenant_id, expense_id, invoice_id) WHERE NOT is_live;
