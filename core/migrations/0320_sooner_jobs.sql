-- A job that waits for its time under a `dedupe` begins now, when somebody asks for it meanwhile. The workers are
-- told as for a new one: the queue's own trigger says nothing of updates.
CREATE FUNCTION queue.hasten(kind text, dedupe text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, queue, pg_temp AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    UPDATE queue.pgqueuer
       SET execute_after = now()
     WHERE dedupe_key = concat_ws(':', tenant, kind, dedupe) AND headers -> 'tenant' = to_jsonb(tenant)
       AND status = 'queued' AND execute_after > now();
    IF FOUND THEN
        PERFORM pg_notify('ch_pgqueuer', json_build_object('channel', 'ch_pgqueuer', 'operation', 'update',
            'sent_at', now(), 'table', 'pgqueuer', 'type', 'table_changed_event')::text);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION queue.hasten(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.hasten(text, text) TO comptoir_app;
