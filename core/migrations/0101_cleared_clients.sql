-- A client whose personal data was cleared: since when. It stays closed for ever.
ALTER TABLE clients
    ADD COLUMN cleared_at timestamptz,
    ADD CONSTRAINT clients_cleared_is_closed CHECK (cleared_at IS NULL OR status = 'closed');

-- What an entry of the audit says of a person, taken out: of the fields in `kept` the values stay, of all others
-- that something stood there. Yes and no stay as they are.
CREATE FUNCTION history.without_person(changes jsonb, kept text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(field.key, CASE
        WHEN field.key = ANY (kept) OR jsonb_typeof(field.value) <> 'array' AND field.value = 'null' THEN field.value
        WHEN jsonb_typeof(field.value) <> 'array' THEN '"•••"'
        ELSE (SELECT jsonb_agg(CASE WHEN jsonb_typeof(side) IN ('null', 'boolean') THEN side ELSE '"•••"' END)
              FROM jsonb_array_elements(field.value) AS side) END), '{}')
    FROM jsonb_each(changes) AS field
$$;

-- Takes the person out of the audit entries about cleared clients, and about people who are in no other client.
-- Who of the staff did what, and when, stays. Works on clients only that are cleared by now; `pattern` is a regular
-- expression of what names the person, for entries that are about no client.
CREATE FUNCTION history.clear_client(
    cleared bigint[], people bigint[], client_name text, person_name text, kept text[], named text[], pattern text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tenant bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    IF EXISTS (SELECT FROM unnest(cleared) AS asked(id) WHERE NOT EXISTS (
            SELECT FROM public.clients c WHERE c.tenant_id = tenant AND c.id = asked.id AND c.cleared_at IS NOT NULL))
       OR EXISTS (SELECT FROM unnest(people) AS asked(id) WHERE NOT EXISTS (
            SELECT FROM public.people p WHERE p.tenant_id = tenant AND p.id = asked.id AND p.is_disabled
                AND p.email LIKE 'cleared-%@cleared.invalid')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only what is cleared is taken out of the history';
    END IF;
    UPDATE public.audit_entries a SET
        subject_name = CASE WHEN a.subject_kind = ANY (named) THEN a.subject_name
            WHEN a.subject_kind = 'client' THEN client_name ELSE person_name END,
        actor_name = CASE WHEN a.actor_kind = 'user' THEN person_name ELSE a.actor_name END,
        address = CASE WHEN a.actor_kind IN ('user', 'visitor') THEN '' ELSE a.address END,
        changes = history.without_person(a.changes, kept)
    WHERE a.tenant_id = tenant AND a.client_id = ANY (cleared);
    UPDATE public.audit_entries a SET
        subject_name = CASE WHEN a.subject_kind = ANY (named) THEN a.subject_name ELSE person_name END,
        actor_name = CASE WHEN a.actor_kind = 'user' THEN person_name ELSE a.actor_name END,
        address = CASE WHEN a.actor_kind IN ('user', 'visitor') THEN '' ELSE a.address END,
        changes = history.without_person(a.changes, kept)
    WHERE a.tenant_id = tenant AND cardinality(people) > 0
      AND (a.actor_kind = 'user' AND a.actor_id = ANY (people)
        OR a.subject_kind = 'person' AND a.subject_id = ANY (people));
    UPDATE public.audit_entries a SET
        subject_name = regexp_replace(a.subject_name, pattern, '•••', 'gi'),
        changes = regexp_replace(a.changes::text, pattern, '•••', 'gi')::jsonb
    WHERE a.tenant_id = tenant AND pattern <> '' AND a.client_id IS NULL
      AND (a.subject_name ~* pattern OR a.changes <> '{}' AND a.changes::text ~* pattern);
END $$;

-- The same for what waits in the queue: what a plugin is to be told loses the person, all else that names it goes.
-- A job that is being done at this moment is left to end.
CREATE FUNCTION queue.clear_client(cleared bigint[], shown jsonb, pattern text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, queue, pg_temp AS $$
DECLARE
    tenant jsonb := to_jsonb(NULLIF(current_setting('app.tenant_id', true), '')::bigint);
    job record;
    told jsonb;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'a job belongs to a tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR job IN SELECT j.id, j.entrypoint, convert_from(j.payload, 'UTF8')::jsonb AS payload FROM queue.pgqueuer j
               WHERE j.headers -> 'tenant' = tenant AND j.payload IS NOT NULL FOR UPDATE SKIP LOCKED LOOP
        told := queue.without_person(job.payload, cleared, shown);
        IF job.entrypoint = 'hook' THEN
            IF pattern <> '' AND told::text ~* pattern THEN
                told := regexp_replace(told::text, pattern, '•••', 'gi')::jsonb;
            END IF;
            IF told <> job.payload THEN
                UPDATE queue.pgqueuer SET payload = convert_to(told::text, 'UTF8') WHERE id = job.id;
            END IF;
        ELSIF pattern <> '' AND told::text ~* pattern THEN
            DELETE FROM queue.pgqueuer WHERE id = job.id;
        END IF;
    END LOOP;
    DELETE FROM queue.pgqueuer_log WHERE pattern <> '' AND traceback::text ~* pattern;
END $$;

-- What a hook is told of a cleared client, with `shown` in place of what it was.
CREATE FUNCTION queue.without_person(payload jsonb, cleared bigint[], shown jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN payload #>> '{arguments,client,id}' = ANY (cleared::text[])
        THEN jsonb_set(payload, '{arguments}', (
            SELECT jsonb_object_agg(told.key, CASE told.key
                WHEN 'client' THEN (told.value || shown) || jsonb_build_object('id', told.value -> 'id')
                WHEN 'into' THEN told.value WHEN 'changes' THEN '{}' ELSE '"•••"' END)
            FROM jsonb_each(payload -> 'arguments') AS told))
        ELSE payload END
$$;
REVOKE ALL ON FUNCTION history.clear_client(bigint[], bigint[], text, text, text[], text[], text),
    history.without_person(jsonb, text[]), queue.clear_client(bigint[], jsonb, text),
    queue.without_person(jsonb, bigint[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION history.clear_client(bigint[], bigint[], text, text, text[], text[], text),
    queue.clear_client(bigint[], jsonb, text), queue.without_person(jsonb, bigint[], jsonb) TO comptoir_app;
