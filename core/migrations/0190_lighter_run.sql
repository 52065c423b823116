-- What the billing run writes by the thousand is checked once for a statement, and not once for each row and key: by a
-- query in each row's place, so that it goes by the primary keys whatever the planner thinks of the tables. Entries,
-- ledger accounts and services are never removed: who refers to one rightly once does so for good.

CREATE OR REPLACE FUNCTION history.count_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added a
                WHERE (SELECT e.id FROM public.ledger_entries e
                        WHERE e.tenant_id = a.tenant_id AND e.id = a.entry_id) IS NULL
                   OR (SELECT d.currency FROM public.ledger_accounts d
                        WHERE d.tenant_id = a.tenant_id AND d.id = a.debit_id) IS DISTINCT FROM a.currency
                   OR (SELECT c.currency FROM public.ledger_accounts c
                        WHERE c.tenant_id = a.tenant_id AND c.id = a.credit_id) IS DISTINCT FROM a.currency) THEN
        RAISE EXCEPTION 'a transfer is of an entry, between two accounts of its currency'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
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
ALTER TABLE ledger_transfers DROP CONSTRAINT ledger_transfers_tenant_id_entry_id_fkey,
    DROP CONSTRAINT ledger_transfers_tenant_id_debit_id_currency_fkey,
    DROP CONSTRAINT ledger_transfers_tenant_id_credit_id_currency_fkey;

-- An expense is of an account of its client, of an entry, and of a service of that account.
CREATE FUNCTION history.check_expenses() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added e
                WHERE (SELECT a.client_id FROM public.client_projects a
                        WHERE a.tenant_id = e.tenant_id AND a.id = e.account_id) IS DISTINCT FROM e.client_id
                   OR (e.entry_id IS NOT NULL AND (SELECT l.id FROM public.ledger_entries l
                        WHERE l.tenant_id = e.tenant_id AND l.id = e.entry_id) IS NULL)
                   OR (e.service_id IS NOT NULL AND (SELECT s.account_id FROM public.services s
                        WHERE s.tenant_id = e.tenant_id AND s.id = e.service_id) IS DISTINCT FROM e.account_id)) THEN
        RAISE EXCEPTION 'an expense is of an account of its client, an entry, and a service of the account'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
-- It moves with its account, when clients or projects are merged: right again when all of that is done.
CREATE FUNCTION history.check_moved_expense() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.expenses e
                     JOIN public.client_projects a
                       ON a.tenant_id = e.tenant_id AND a.id = e.account_id AND a.client_id = e.client_id
                     LEFT JOIN public.services s
                       ON s.tenant_id = e.tenant_id AND s.id = e.service_id AND s.account_id = e.account_id
                    WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.id AND (e.service_id IS NULL OR s.id IS NOT NULL))
       AND EXISTS (SELECT FROM public.expenses e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.id) THEN
        RAISE EXCEPTION 'an expense is of an account of its client, and a service of the account'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION history.check_expenses(), history.check_moved_expense() FROM PUBLIC;
CREATE TRIGGER expenses_checked AFTER INSERT ON expenses REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION history.check_expenses();
CREATE CONSTRAINT TRIGGER expenses_moved AFTER UPDATE OF client_id, account_id, service_id ON expenses
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION history.check_moved_expense();
ALTER TABLE expenses DROP CONSTRAINT expenses_tenant_id_client_id_fkey,
    DROP CONSTRAINT expenses_tenant_id_entry_id_fkey, DROP CONSTRAINT expenses_tenant_id_service_id_fkey;
