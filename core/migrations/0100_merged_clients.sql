-- A client that was merged into another one stays as a closed row that leads to it.
ALTER TABLE clients
    ADD COLUMN merged_into_id bigint,
    ADD COLUMN merged_at timestamptz,
    ADD FOREIGN KEY (tenant_id, merged_into_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    ADD CONSTRAINT clients_merged_is_whole CHECK ((merged_into_id IS NULL) = (merged_at IS NULL)),
    ADD CONSTRAINT clients_merged_is_closed CHECK (merged_into_id IS NULL OR status = 'closed'),
    ADD CONSTRAINT clients_merged_into_another CHECK (merged_into_id <> id);
CREATE INDEX clients_by_merged_into ON clients (tenant_id, merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE INDEX clients_merged ON clients (tenant_id, registered_at, id) WHERE merged_into_id IS NOT NULL;

-- The application can add to the audit and change nothing in it. The two things that may change there are done by
-- functions of this schema, which look themselves whether it is time for them.
CREATE SCHEMA history;
GRANT USAGE ON SCHEMA history TO comptoir_app;

-- The history of a merged client is read on the page of the one that stays. What was done, by whom, to what and
-- when is left as it was written; entries go nowhere but to where their client was merged into.
CREATE FUNCTION history.follow_merge(gone bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
    stays bigint := (SELECT c.merged_into_id FROM public.clients c WHERE c.tenant_id = tenant AND c.id = gone);
BEGIN
    IF stays IS NOT NULL THEN
        UPDATE public.audit_entries SET client_id = stays WHERE tenant_id = tenant AND client_id = gone;
    END IF;
END $$;
REVOKE ALL ON FUNCTION history.follow_merge(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION history.follow_merge(bigint) TO comptoir_app;
