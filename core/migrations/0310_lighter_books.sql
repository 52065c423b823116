-- The books of a billing run are checked with half of the effort: what is referred to is looked up once, however many
-- rows refer to it, in the step that locks it, and always by its key (nested loops, whatever the planner thinks of
-- the tables, so that nobody goes through all accounts of a provider). Nothing is checked that was not before.

CREATE OR REPLACE FUNCTION history.count_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_bitmapscan = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT a.tenant_id, a.entry_id FROM added a) a
                WHERE (SELECT e.id FROM public.ledger_entries e
                        WHERE e.tenant_id = a.tenant_id AND e.id = a.entry_id) IS NULL)
       OR EXISTS (SELECT FROM (SELECT a.tenant_id, a.debit_id AS id, a.currency FROM added a
                                UNION SELECT a.tenant_id, a.credit_id, a.currency FROM added a) a
                   WHERE (SELECT l.currency FROM public.ledger_accounts l
                           WHERE l.tenant_id = a.tenant_id AND l.id = a.id) IS DISTINCT FROM a.currency) THEN
        RAISE EXCEPTION 'a transfer is of an entry, between two accounts of its currency'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    -- In the order of their ids, so that two who write at once wait for each other in one direction.
    PERFORM FROM (SELECT a.tenant_id, a.debit_id AS id FROM added a
                   UNION SELECT a.tenant_id, a.credit_id FROM added a ORDER BY id OFFSET 0) a
      CROSS JOIN LATERAL (SELECT FROM public.ledger_totals t
                           WHERE t.tenant_id = a.tenant_id AND t.account_id = a.id FOR NO KEY UPDATE) t;
    UPDATE public.ledger_totals t SET debits = t.debits + s.debits, credits = t.credits + s.credits
      FROM (SELECT m.tenant_id, m.account_id, sum(m.debits) AS debits, sum(m.credits) AS credits
              FROM (SELECT a.tenant_id, a.debit_id AS account_id, a.units AS debits, 0 AS credits FROM added a
                    UNION ALL SELECT a.tenant_id, a.credit_id, 0, a.units FROM added a) m
             GROUP BY m.tenant_id, m.account_id) s
     WHERE t.tenant_id = s.tenant_id AND t.account_id = s.account_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION history.check_expenses() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_bitmapscan = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT e.tenant_id, e.account_id, e.client_id FROM added e
                             ORDER BY e.account_id, e.client_id OFFSET 0) e
                 LEFT JOIN LATERAL (SELECT a.client_id FROM public.client_projects a
                                     WHERE a.tenant_id = e.tenant_id AND a.id = e.account_id FOR KEY SHARE) a ON true
                WHERE a.client_id IS DISTINCT FROM e.client_id)
       OR EXISTS (SELECT FROM (SELECT DISTINCT e.tenant_id, e.payer_id FROM added e WHERE e.payer_id IS NOT NULL
                                ORDER BY e.payer_id OFFSET 0) e
                    LEFT JOIN LATERAL (SELECT p.id FROM public.payers p
                                        WHERE p.tenant_id = e.tenant_id AND p.id = e.payer_id FOR KEY SHARE) p ON true
                   WHERE p.id IS NULL)
       OR EXISTS (SELECT FROM (SELECT DISTINCT e.tenant_id, e.entry_id FROM added e WHERE e.entry_id IS NOT NULL) e
                   WHERE (SELECT l.id FROM public.ledger_entries l
                           WHERE l.tenant_id = e.tenant_id AND l.id = e.entry_id) IS NULL)
       OR EXISTS (SELECT FROM added e
                   WHERE e.service_id IS NOT NULL AND (SELECT s.account_id FROM public.services s
                        WHERE s.tenant_id = e.tenant_id AND s.id = e.service_id) IS DISTINCT FROM e.account_id) THEN
        RAISE EXCEPTION 'an expense is of an account of its client, a payer, an entry, and a service of the account'
              USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

-- Hardly an entry reverses another: the others need no place in that index.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_tenant_id_reverses_id_key;
CREATE UNIQUE INDEX ledger_entries_reversed ON ledger_entries (tenant_id, reverses_id) WHERE reverses_id IS NOT NULL;

-- The same words are allowed as before. Those of nearly every row are known without the pattern, which takes 3 us.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind_check,
    ADD CONSTRAINT ledger_entries_kind_check CHECK (kind IN ('expense', 'payment') OR kind ~ '^[a-z_]{1,40}$');
ALTER TABLE expenses DROP CONSTRAINT expenses_kind_check,
    ADD CONSTRAINT expenses_kind_check CHECK (kind = 'service' OR kind ~ '^[a-z_]{1,40}$');

-- What moves with every period leaves room on its page for its next version.
ALTER TABLE ledger_totals SET (fillfactor = 70);
ALTER TABLE service_dues SET (fillfactor = 70);
