-- The same rows for less: ids, words and their keys cost more than what they are made for, when many clients come.

-- As before, in a language whose functions are not begun anew for every row. The secret stays that of this database.
DO $do$ BEGIN
    EXECUTE format(
        $create$CREATE OR REPLACE FUNCTION new_id() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
            DECLARE
                second bigint := date_part('epoch', clock_timestamp())::bigint - 1767225600;
            BEGIN
                RETURN (second << 22)
                     | ((nextval('row_numbers') * 1664525 + (hashint8extended(second, %s) & 4194303)) & 4194303);
            END
        $$$create$,
        (SELECT substring(prosrc FROM 'hashint8extended\(second, (-?\d+)\)') FROM pg_proc
          WHERE oid = 'new_id()'::regprocedure)
    );
END $do$;

-- Neither is STRICT any more, so that they become a part of the statement that asks. NULL stays NULL, and has no words.
CREATE OR REPLACE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN $1 ~ '^[ -~]*$' THEN lower($1)
        ELSE lower(regexp_replace(normalize($1, NFKD), U&'[\0300-\036F]', '', 'g')) END
$$;
CREATE OR REPLACE FUNCTION words_of(text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT left(word, 60) FROM unnest(regexp_split_to_array(fold($1), '[^[:alnum:]]+')) AS word
     WHERE word <> ''
$$;

-- Only triggers write words, beside the row that they are of and in its transaction. So a key would look up, for each
-- word, a row that is there; what it did besides, words going with their row, one statement does for all that go.
ALTER TABLE client_words DROP CONSTRAINT client_words_tenant_id_client_id_fkey;
ALTER TABLE payer_words DROP CONSTRAINT payer_words_tenant_id_payer_id_fkey;
ALTER TABLE person_words DROP CONSTRAINT person_words_tenant_id_person_id_fkey;

CREATE FUNCTION clients_words_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM client_words w USING gone g WHERE w.tenant_id = g.tenant_id AND w.client_id = g.id;
    RETURN NULL;
END $$;
CREATE FUNCTION payers_words_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM payer_words w USING gone g WHERE w.tenant_id = g.tenant_id AND w.payer_id = g.id;
    RETURN NULL;
END $$;
CREATE FUNCTION people_words_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM person_words w USING gone g WHERE w.tenant_id = g.tenant_id AND w.person_id = g.id;
    RETURN NULL;
END $$;

CREATE TRIGGER clients_words_deleted AFTER DELETE ON clients REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION clients_words_deleted();
CREATE TRIGGER payers_words_deleted AFTER DELETE ON payers REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION payers_words_deleted();
CREATE TRIGGER people_words_deleted AFTER DELETE ON people REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION people_words_deleted();

-- Who knows when the client was registered says so, and no trigger looks it up.
DROP TRIGGER group_members_registered ON group_members;
CREATE TRIGGER group_members_registered BEFORE INSERT ON group_members
    FOR EACH ROW WHEN (NEW.registered_at IS NULL) EXECUTE FUNCTION group_members_registered();
DROP TRIGGER client_projects_registered ON client_projects;
CREATE TRIGGER client_projects_registered BEFORE INSERT ON client_projects
    FOR EACH ROW WHEN (NEW.registered_at IS NULL) EXECUTE FUNCTION group_members_registered();
CREATE OR REPLACE FUNCTION clients_first_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO client_projects (tenant_id, client_id, project_id, opened_at, registered_at)
    SELECT c.tenant_id, c.id, c.project_id, c.registered_at, c.registered_at FROM added c;
    RETURN NULL;
END $$;
